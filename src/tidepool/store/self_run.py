"""The store on databases of its own: PostgreSQL or MariaDB on a droplet in each region instead of a managed cluster.

The writer's droplet comes first; the standby's copies from it over the peering and follows. Whoever builds so has an
authority of his own for the databases' certificates.
"""

import asyncio
import secrets
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tidepool.api.authority import Authority
from tidepool.store import two_regions
from tidepool.store.account import Account, Json, together
from tidepool.store.blueprint import APP_USER, DATABASE, SITES, STANDBY, WRITER, Site
from tidepool.store.follower import wait_following
from tidepool.store.furnishing import Furnishing, Wish
from tidepool.store.two_regions import TwoRegions

ADMIN = "farshore_admin"
PORTS = {"mysql": 3306, "pg": 5432}
SCRIPTS = Path(__file__).parent / "database_host"


def host_name(site: Site) -> str:
    return f"db-{site.region}"


class SelfRunRegions(TwoRegions):
    """`wish.ca_file` holds both authorities: the account's and the databases'."""

    def __init__(self, account: Account, wish: Wish, kind: Furnishing) -> None:
        super().__init__(account, wish, kind)
        self._authority = Authority.open(wish.folder / "database-authority")
        self._password = secrets.token_hex(16)
        self._app_password = secrets.token_hex(16)

    async def _servers(
        self, key: int, vpcs: dict[str, str]
    ) -> tuple[dict[str, Json], dict[str, list[Json]], list[int]]:
        self._keep_secrets({ADMIN: self._password, APP_USER: self._app_password})
        writer = await self._host(WRITER, key, vpcs, "")
        admin = {**writer["connection"], "user": ADMIN, "password": self._password, "database": DATABASE}

        async def standby_side() -> tuple[Json, list[Json]]:
            standby = await self._host(STANDBY, key, vpcs, writer["private_connection"]["host"])
            await asyncio.to_thread(
                wait_following, self._wish.engine, admin | standby["connection"], self._wish.ca_file
            )
            self._wish.say(f"{standby['name']} follows {writer['name']}")
            return await self._side(STANDBY, standby, key, vpcs, self._app_password)

        writer_side = asyncio.ensure_future(self._side(WRITER, writer, key, vpcs, self._app_password))
        (first, droplets), (second, others), products = await together(
            writer_side, standby_side(), self._kind.fill(admin, writer_side)
        )
        self._wish.say(f"{len(products)} products")
        shown = {site.region: self._shown(of) for site, of in zip(SITES, (first, second), strict=True)}
        return shown, {WRITER.region: droplets, STANDBY.region: others}, products

    def _shown(self, database: Json) -> Json:
        folder = self._wish.folder
        return database | {
            "kind": "self-run", "admin_user": ADMIN, "ca_file": str(self._authority.ca_file),
            "password_file": str(folder / "database-admin"), "app_password_file": str(folder / "database-app"),
        }  # fmt: skip

    async def _host(self, site: Site, key: int, vpcs: dict[str, str], source: str) -> Json:
        """No tag of the app servers: it is none."""
        name, port = host_name(site), PORTS[self._wish.engine]
        body = {
            "name": name, "region": site.region, "size": "s-1vcpu-1gb", "image": "debian-12-x64", "ssh_keys": [key],
            "vpc_uuid": vpcs[site.region], "tags": [], "user_data": self._script(site, source), "monitoring": False,
        }  # fmt: skip
        made = (await self._account.call("droplets.create", body))["droplet"]
        answer = await self._account.until(
            "droplets.get",
            made["id"],
            ready=lambda a: bool(a["droplet"]["status"] == "active"),
            what=f"the droplet {name}",
        )
        at = {n["type"]: n["ip_address"] for n in answer["droplet"]["networks"]["v4"]}
        self._wish.say(f"database host {name} at {at['public']}")
        return {
            "name": name, "id": made["id"], "connection": {"host": at["public"], "port": port},
            "private_connection": {"host": at["private"], "port": port},
        }  # fmt: skip

    def _script(self, site: Site, source: str) -> str:
        settings = {
            "NAME": host_name(site), "NUMBER": str(1 + SITES.index(site)), "PORT": str(PORTS[self._wish.engine]),
            "SOURCE": source, "ADMIN": ADMIN, "PASSWORD": self._password, "APP": APP_USER,
            "APP_PASSWORD": self._app_password, "AUTHORITY": self._authority.ca_pem.strip(),
            "AUTHORITY_KEY": (self._authority.folder / "ca.key").read_text().strip(),
        }  # fmt: skip
        lines = [f"{key}={shlex.quote(value)}" for key, value in settings.items()]
        parts = [(SCRIPTS / f"{part}.sh").read_text() for part in ("common", self._wish.engine)]
        return "\n".join(["#!/bin/bash", *lines, *parts])

    def _keep_secrets(self, values: dict[str, str]) -> None:
        super()._keep_secrets(values)
        for user, name in ((ADMIN, "database-admin"), (APP_USER, "database-app")):
            path = self._wish.folder / name
            path.touch(mode=0o600)
            path.write_text(values[user] + "\n")


def main(furnish: Callable[[Wish], Furnishing], wish: Wish) -> int:
    """As two_regions.main; app servers and the builder believe both authorities."""
    wish.folder.mkdir(parents=True, exist_ok=True)
    authority = Authority.open(wish.folder / "database-authority")
    both = wish.folder / "authorities.pem"
    both.write_text(Path(wish.ca_file).read_text() + authority.ca_pem)
    return two_regions.main(furnish, replace(wish, ca_file=str(both)), SelfRunRegions)
