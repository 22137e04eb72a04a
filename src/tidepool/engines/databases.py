"""All managed databases of a lab: which cell each is, who follows whom, who may connect. Used by the backend."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tidepool.api.authority import Authority
from tidepool.engines import trust
from tidepool.engines.mariadb.server import MariaDB
from tidepool.engines.postgresql.server import PostgreSQL
from tidepool.engines.server import PORT, DatabaseServer, Secrets, ServerError, Tls
from tidepool.lab.lab import Lab
from tidepool.lab.machine import LabCell

ENGINES: dict[str, Callable[[LabCell, Secrets, Tls, Path], DatabaseServer]] = {"mysql": MariaDB, "pg": PostgreSQL}
SUFFIX = "db.tidepool.test"


@dataclass
class Managed:
    """One server as the platform sees it."""

    server: DatabaseServer
    cell: LabCell
    engine: str
    trusted: list[str] | None = None
    followers: set[str] = field(default_factory=set)  # public addresses of its replicas: always let in
    primary: str | None = None


def host_name(name: str) -> str:
    return f"{name}-do-user-1-0.{SUFFIX}"


class Databases:
    def __init__(self, lab: Lab, authority: Authority, established: str = trust.ESTABLISHED[0]) -> None:
        self._lab = lab
        self._authority = authority
        self._established = established
        self._managed: dict[str, Managed] = {}
        self._names = asyncio.Lock()  # the zone of database names is read, changed and served as a whole

    def get(self, server_id: str) -> Managed:
        if server_id not in self._managed:
            raise ServerError(f"There is no database server {server_id} in this lab.")
        return self._managed[server_id]

    async def create(self, server_id: str, name: str, engine: str, region: str) -> Managed:
        if server_id in self._managed:
            return self._managed[server_id]
        return await self._build(
            server_id, name, engine, region, Secrets.fresh(), lambda managed: managed.server.create()
        )

    async def replicate(self, server_id: str, name: str, region: str, primary_id: str) -> Managed:
        if server_id in self._managed:
            return self._managed[server_id]
        primary = self.get(primary_id)

        async def follow(managed: Managed) -> None:
            managed.primary = primary_id
            primary.followers.add(str(managed.cell.public_ip))
            await self._gate(primary)
            await managed.server.follow(primary.server)

        return await self._build(server_id, name, primary.engine, region, primary.server.secrets, follow)

    async def promote(self, server_id: str) -> None:
        """The old primary is left exactly as it is, and writable: that is what promotion does on DigitalOcean."""
        managed = self.get(server_id)
        await managed.server.promote()
        if managed.primary in self._managed:
            former = self._managed[managed.primary]
            former.followers.discard(str(managed.cell.public_ip))
            if former.cell.running():
                await self._gate(former)
        managed.primary = None

    async def destroy(self, server_id: str) -> None:
        managed = self._managed.pop(server_id, None)
        if managed is None:
            return
        primary = self._managed.get(managed.primary or "")
        if primary is not None:
            primary.followers.discard(str(managed.cell.public_ip))
        async with self._names:
            for host in _hosts(managed.cell.name):
                await self._lab.dns.name_remove(host)
        await self._lab.destroy(managed.cell)

    async def trust(self, server_id: str, addresses: Sequence[str] | None) -> None:
        managed = self.get(server_id)
        managed.trusted = None if addresses is None else list(addresses)
        await self._gate(managed)

    async def _gate(self, managed: Managed) -> None:
        rules = trust.ruleset(PORT, managed.trusted, sorted(managed.followers), self._established)
        await managed.cell.nft(rules)

    async def _build(
        self,
        server_id: str,
        name: str,
        engine: str,
        region: str,
        secrets: Secrets,
        fill: Callable[[Managed], Awaitable[None]],
    ) -> Managed:
        if engine not in ENGINES:
            raise ServerError(f"This lab runs no {engine!r} databases; it has {', '.join(sorted(ENGINES))}.")
        cell = await self._lab.make_cell(name, region)
        addresses = (str(cell.public_ip), str(cell.private_ip))
        try:
            issued = await asyncio.to_thread(self._authority.issue, [*_hosts(name), *addresses])
            tls = Tls(issued.chain_pem, issued.key_pem, self._authority.ca_pem)
            cache = self._lab.image.with_name(f"{self._lab.image.name}-data")
            server = ENGINES[engine](cell, secrets, tls, cache)
            managed = Managed(server, cell, engine)
            await fill(managed)
            async with self._names:
                for host, address in zip(_hosts(name), addresses, strict=True):
                    await self._lab.dns.name_set(host, address)
        except BaseException:
            await self._lab.destroy(cell)
            raise

        async def restart(_: LabCell) -> None:
            await server.restart()
            await self._gate(managed)  # who follows may have changed while it was dead

        self._lab.on_restart(cell, restart)
        self._managed[server_id] = managed
        return managed


def _hosts(name: str) -> tuple[str, str]:
    """Public and private name, in the order of the addresses."""
    return host_name(name), f"private-{host_name(name)}"


def describe(managed: Managed) -> dict[str, Any]:
    """For people who look at the lab."""
    return {"engine": managed.engine, "trusted": managed.trusted, "follows": managed.primary}
