"""The API's backend with real servers behind it: droplets, balancers, databases, DNS. Made by the daemon."""

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from tidepool.api.authority import Authority
from tidepool.api.backend import Addresses, BackendError, DatabaseMade, Json
from tidepool.engines.balancer import Balancer
from tidepool.engines.databases import SUFFIX, Databases, Managed
from tidepool.engines.server import PORT, ServerError
from tidepool.engines.trust import ESTABLISHED
from tidepool.lab.cell import CellError
from tidepool.lab.droplet import Droplet
from tidepool.lab.home import LabError
from tidepool.lab.lab import Lab
from tidepool.lab.machine import LabCell


@contextmanager
def _told() -> Iterator[None]:
    """What went wrong below becomes the API's own kind of error, with the same sentence."""
    try:
        yield
    except (ServerError, CellError, LabError) as error:
        raise BackendError(str(error)) from error


class LabBackend:
    """Implements tidepool.api.backend.Backend. Ids are the API's; what is made twice is made once."""

    def __init__(self, lab: Lab, authority: Authority | None = None, established: str = ESTABLISHED[0]) -> None:
        self._lab = lab
        self._authority = authority or Authority.open(lab.folder.path)
        self._databases = Databases(lab, self._authority, established)
        self._droplets: dict[int, Droplet] = {}
        self._balancers: dict[str, Balancer] = {}
        self._busy: dict[str, asyncio.Lock] = {}

    def names(self) -> Mapping[str, str]:
        return {"database_suffix": SUFFIX}

    # droplets -----------------------------------------------------------------
    async def droplet_create(self, droplet: Json, ssh_keys: Sequence[str], user_data: str) -> Addresses:
        with _told():
            async with self._alone(f"droplet-{droplet['id']}"):
                if droplet["id"] not in self._droplets:
                    name = self._free_name(droplet["name"], str(droplet["id"]))
                    region = droplet["region"]["slug"]
                    made = await self._lab.make_droplet(name, region, ssh_keys=ssh_keys, user_data=user_data)
                    self._droplets[droplet["id"]] = made
            return _addresses(self._droplets[droplet["id"]])

    async def droplet_power(self, droplet_id: int, on: bool, hard: bool) -> None:
        with _told():
            cell = self._droplet(droplet_id)
            if on:
                await self._lab.restart(cell)
            elif hard:
                await cell.kill()
            else:
                await cell.shut_down()

    async def droplet_destroy(self, droplet_id: int) -> None:
        with _told():
            cell = self._droplets.pop(droplet_id, None)
            if cell is not None:
                await self._lab.destroy(cell)

    # load balancers -----------------------------------------------------------
    async def balancer_apply(
        self, balancer: Json, backends: Sequence[str], certificates: Mapping[str, tuple[str, str]]
    ) -> str:
        with _told():
            async with self._alone(f"balancer-{balancer['id']}"):
                known = self._balancers.get(balancer["id"])
                if known is None:
                    known = await self._make_balancer(balancer)
                await known.apply(balancer, backends, certificates)
                return str(known.cell.public_ip)

    async def balancer_destroy(self, balancer_id: str) -> None:
        with _told():
            known = self._balancers.pop(balancer_id, None)
            if known is not None:
                await self._lab.destroy(self._lab.cell(known.cell.name))

    async def certificate_issue(self, dns_names: Sequence[str]) -> tuple[str, str]:
        issued = await asyncio.to_thread(self._authority.issue, dns_names)
        return issued.chain_pem, issued.key_pem

    # managed databases --------------------------------------------------------
    async def database_create(self, cluster: Json) -> DatabaseMade:
        with _told():
            async with self._alone(cluster["id"]):
                name = cluster["name"]
                made = await self._databases.create(cluster["id"], name, cluster["engine"], cluster["region"])
                return self._made(made)

    async def replica_create(self, cluster: Json, replica: Json) -> DatabaseMade:
        with _told():
            async with self._alone(replica["id"]):
                made = await self._databases.replicate(replica["id"], replica["name"], replica["region"], cluster["id"])
                return self._made(made)

    async def database_promote(self, server_id: str) -> None:
        with _told():
            async with self._alone(server_id):
                await self._databases.promote(server_id)

    async def database_destroy(self, server_id: str) -> None:
        with _told():
            await self._databases.destroy(server_id)

    async def database_trust(self, server_id: str, addresses: Sequence[str] | None) -> None:
        with _told():
            await self._databases.trust(server_id, addresses)

    async def database_user(self, server_id: str, user: str, password: str | None) -> None:
        with _told():
            await self._databases.get(server_id).server.set_user(user, password)

    async def database_db(self, server_id: str, name: str, present: bool) -> None:
        with _told():
            await self._databases.get(server_id).server.set_database(name, present)

    async def database_config(self, server_id: str, config: Json) -> None:
        with _told():
            await self._databases.get(server_id).server.configure(config)

    # DNS ----------------------------------------------------------------------
    async def zone_apply(self, domain: str, records: Sequence[Json]) -> None:
        with _told():
            await self._lab.dns.zone_apply(domain, records)

    async def zone_remove(self, domain: str) -> None:
        with _told():
            await self._lab.dns.zone_remove(domain)

    # parts --------------------------------------------------------------------
    def _alone(self, what: str) -> asyncio.Lock:
        """One at a time for each thing: the API may ask twice while the first answer is still being made."""
        return self._busy.setdefault(what, asyncio.Lock())

    def _droplet(self, droplet_id: int) -> Droplet:
        if droplet_id not in self._droplets:
            raise LabError(f"There is no droplet {droplet_id} in this lab.")
        return self._droplets[droplet_id]

    def _free_name(self, wanted: str, number: str) -> str:
        """DigitalOcean lets droplets share a name; hosts of a lab are found by theirs: the second gets its number."""
        name = re.sub(r"[^a-z0-9.-]", "-", wanted.lower()).strip("-.")[:40] or "droplet"
        return name if name not in self._lab.cells else f"{name}-{number[:8]}"

    async def _make_balancer(self, balancer: Json) -> Balancer:
        name = self._free_name(balancer["name"], str(balancer["id"]))
        cell = await self._lab.make_cell(name, balancer["region"]["slug"])
        made = Balancer(cell)

        async def restart(_: LabCell) -> None:
            await made.restart()

        self._lab.on_restart(cell, restart)
        self._balancers[balancer["id"]] = made
        return made

    def _made(self, managed: Managed) -> DatabaseMade:
        password = managed.server.secrets.admin
        return DatabaseMade(_addresses(managed.cell), PORT, password, self._authority.ca_pem)


def _addresses(cell: LabCell) -> Addresses:
    return Addresses(str(cell.public_ip), str(cell.private_ip))
