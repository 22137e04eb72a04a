"""Builds the plain shop in both regions through the API, like a customer: everything that can go side by side does.

Runs on a machine in lon1 (`tidepool store plain` puts it there), because databases and balancers are not on
the machine's own network. Progress goes to standard error, what was made to standard output as JSON.
"""

import asyncio
import functools
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tidepool.shop.user_data import user_data
from tidepool.store import opening
from tidepool.store.account import Account, Json, StoreError, together
from tidepool.store.blueprint import (
    APP_USER,
    CONTROLLERS,
    DATABASE,
    ENGINES,
    HEALTH_CHECK,
    RECORD_TTL_S,
    SITES,
    STANDBY,
    WRITER,
    Site,
    split_domain,
)
from tidepool.store.seed import seed


class PlainStore:
    """One building of one shop. Each method makes one thing and awaits only what it needs."""

    def __init__(
        self, account: Account, engine: str, domain: str, ca_file: str, folder: Path, permit: bool = True
    ) -> None:
        self._account = account
        self._engine = engine
        self._domain = domain
        self._record, self._zone = split_domain(domain)
        self._ca_file = ca_file
        self._ca_pem = Path(ca_file).read_text()
        self._folder = folder
        self._permit = permit
        self._cookie_secret = secrets.token_hex(32)
        self._began = time.monotonic()

    async def build(self) -> Json:
        key, vpcs, _ = await together(self._ssh_key(), self._networks(), self._tags())
        doors, (databases, droplets, products) = await together(self._doors(vpcs), self._servers(key, vpcs))
        await self._point(doors[WRITER.region]["ip"])
        await together(*(self._open(site, doors[site.region]["ip"]) for site in SITES))
        self._say("the shop is open")
        regions = {
            site.region: {
                "role": site.role,
                "tag": site.name,
                "vpc": {"name": site.name, "id": vpcs[site.region], "prefix": site.prefix},
                "droplets": droplets[site.region],
                "balancer": doors[site.region],
                "database": databases[site.region],
            }
            for site in SITES
        }
        return {
            "engine": self._engine, "domain": self._domain, "zone": self._zone, "record": self._record,
            "ttl_s": RECORD_TTL_S, "writer": WRITER.region, "standby": STANDBY.region, "database": DATABASE,
            "app_user": APP_USER, "permit": self._permit, "admin_user": "doadmin",
            "secrets_file": str(self._folder / "secrets.json"),
            "ssh_key_file": str(self._folder / "ssh_key"), "ca_file": self._ca_file, "products": products,
            "seconds": round(time.monotonic() - self._began, 1), "regions": regions,
        }  # fmt: skip

    # what needs nothing ---------------------------------------------------------
    async def _ssh_key(self) -> int:
        path = self._folder / "ssh_key"
        if not path.exists():
            argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "operator", "-f", str(path)]
            await asyncio.to_thread(functools.partial(subprocess.run, argv, check=True))
        body = {"name": "operator", "public_key": path.with_suffix(".pub").read_text().strip()}
        return int((await self._account.call("ssh_keys.create", body))["ssh_key"]["id"])

    async def _tags(self) -> None:
        await together(*(self._account.call("tags.create", {"name": site.name}) for site in SITES))

    async def _networks(self) -> dict[str, str]:
        bodies = [{"name": site.name, "region": site.region, "ip_range": site.prefix} for site in SITES]
        made = await together(*(self._account.call("vpcs.create", body) for body in bodies))
        ids = {site.region: answer["vpc"]["id"] for site, answer in zip(SITES, made, strict=True)}
        peering = await self._account.call("vpc_peerings.create", {"name": "shop", "vpc_ids": list(ids.values())})
        await self._account.until(
            "vpc_peerings.get",
            peering["vpc_peering"]["id"],
            ready=lambda a: bool(a["vpc_peering"]["status"] == "ACTIVE"),
            what="the VPC peering",
        )
        self._say("networks and their peering")
        return ids

    # doors ------------------------------------------------------------------------
    async def _doors(self, vpcs: dict[str, str]) -> dict[str, Json]:
        await self._account.call("domains.create", {"name": self._zone})
        body = {"name": "shop", "type": "lets_encrypt", "dns_names": [self._domain]}
        made = await self._account.call("certificates.create", body)
        certificate = await self._account.until(
            "certificates.get",
            made["certificate"]["id"],
            ready=lambda a: bool(a["certificate"]["state"] == "verified"),
            what="the certificate",
        )
        number = certificate["certificate"]["id"]
        doors = await together(*(self._balancer(site, vpcs[site.region], number) for site in SITES))
        return {site.region: door for site, door in zip(SITES, doors, strict=True)}

    async def _balancer(self, site: Site, vpc: str, certificate: str) -> Json:
        https = {"entry_protocol": "https", "entry_port": 443, "certificate_id": certificate}
        http = {"entry_protocol": "http", "entry_port": 80}
        target = {"target_protocol": "http", "target_port": 80}
        body = {
            "name": site.door, "region": site.region, "vpc_uuid": vpc, "tag": site.name, "size_unit": 1,
            "forwarding_rules": [{**https, **target}, {**http, **target}], "health_check": HEALTH_CHECK,
            "redirect_http_to_https": False,
        }  # fmt: skip
        made = await self._account.call("load_balancers.create", body)
        answer = await self._account.until(
            "load_balancers.get",
            made["load_balancer"]["id"],
            ready=lambda a: bool(a["load_balancer"]["status"] == "active" and a["load_balancer"].get("ip")),
            what=f"the balancer {site.door}",
        )
        self._say(f"balancer {site.door} at {answer['load_balancer']['ip']}")
        return {key: answer["load_balancer"][key] for key in ("name", "id", "ip")}

    async def _point(self, address: str) -> None:
        body = {"type": "A", "name": self._record, "data": address, "ttl": RECORD_TTL_S}
        await self._account.call("domains.create_record", self._zone, body)
        self._say(f"{self._domain} -> {address}, ttl {RECORD_TTL_S}")

    # servers ------------------------------------------------------------------------
    async def _servers(
        self, key: int, vpcs: dict[str, str]
    ) -> tuple[dict[str, Json], dict[str, list[Json]], list[int]]:
        cluster = await self._cluster(vpcs[WRITER.region])
        admin = {**cluster["connection"]}
        await self._trust(cluster["id"])
        _, user = await together(
            self._account.call("databases.add", cluster["id"], {"name": DATABASE}),
            self._account.call("databases.add_user", cluster["id"], {"name": APP_USER}),
        )
        password = user["user"]["password"]
        self._keep_secrets({"doadmin": admin["password"], APP_USER: password})

        async def standby_side() -> tuple[Json, list[Json]]:
            replica = await self._replica(cluster["id"], vpcs[STANDBY.region])
            await self._trust(replica["id"])
            return await self._side(STANDBY, replica, key, vpcs, password)

        (writer, droplets), (standby, others), products = await together(
            self._side(WRITER, cluster, key, vpcs, password),
            standby_side(),
            asyncio.to_thread(seed, self._engine, admin, self._ca_file),
        )
        self._say(f"{len(products)} products")
        return {"nyc3": writer, "sfo3": standby}, {"nyc3": droplets, "sfo3": others}, products

    async def _cluster(self, vpc: str) -> Json:
        engine, version = ENGINES[self._engine]
        body = {
            "name": WRITER.name, "engine": engine, "version": version, "region": WRITER.region,
            "size": "db-s-1vcpu-2gb", "num_nodes": 1, "private_network_uuid": vpc,
        }  # fmt: skip
        made = (await self._account.call("databases.create_cluster", body))["database"]
        answer = await self._account.until(
            "databases.get_cluster",
            made["id"],
            ready=lambda a: bool(a["database"]["status"] == "online"),
            what="the database cluster",
        )
        self._say(f"database {WRITER.name} is online")
        return dict(answer["database"])

    async def _replica(self, cluster: str, vpc: str) -> Json:
        body = {
            "name": STANDBY.name, "region": STANDBY.region, "size": "db-s-1vcpu-2gb", "private_network_uuid": vpc,
        }  # fmt: skip
        await self._account.once_possible("databases.create_replica", cluster, body, what="the replica")
        answer = await self._account.until(
            "databases.get_replica",
            cluster,
            STANDBY.name,
            ready=lambda a: bool(a.get("replica", {}).get("status") == "online"),
            what="the replica",
        )
        self._say(f"replica {STANDBY.name} is online")
        return dict(answer["replica"])

    async def _trust(self, server: str) -> None:
        """App servers of both regions, and controllers. The platform lets a replica reach its primary anyway."""
        tags = [{"type": "tag", "value": site.name} for site in SITES]
        body = {"rules": [*tags, {"type": "ip_addr", "value": CONTROLLERS}]}
        await self._account.call("databases.update_firewall_rules", server, body)

    async def _side(
        self, site: Site, database: Json, key: int, vpcs: dict[str, str], password: str
    ) -> tuple[Json, list[Json]]:
        public, private = database["connection"], database["private_connection"]
        address = await asyncio.to_thread(opening.resolve, private["host"])
        shown = {
            "name": database["name"], "id": database["id"], "host": public["host"], "port": public["port"],
            "private_host": private["host"], "private_address": address,
        }  # fmt: skip
        # By address, not by name: the region's own database must stay reachable when the way to the DNS is gone.
        endpoint = {
            "epoch": 1, "role": site.role, "region": site.region, "host": address, "port": private["port"],
        }  # fmt: skip
        settings: dict[str, str | bool] = {
            "engine": self._engine, "database": DATABASE, "user": APP_USER, "password": password,
            "ca": "/etc/shop/ca.pem", "secret": self._cookie_secret, "region": site.region,
            "permit": self._permit,
        }  # fmt: skip
        script = user_data(settings, endpoint, self._ca_pem)
        droplets = await together(*(self._droplet(site, n, key, vpcs[site.region], script) for n in site.droplets))
        self._say(f"app servers {', '.join(site.droplets)}")
        return shown, droplets

    async def _droplet(self, site: Site, name: str, key: int, vpc: str, script: str) -> Json:
        body = {
            "name": name, "region": site.region, "size": "s-1vcpu-1gb", "image": "debian-12-x64", "ssh_keys": [key],
            "vpc_uuid": vpc, "tags": [site.name], "user_data": script, "monitoring": False,
        }  # fmt: skip
        made = (await self._account.call("droplets.create", body))["droplet"]
        answer = await self._account.until(
            "droplets.get",
            made["id"],
            ready=lambda a: bool(a["droplet"]["status"] == "active"),
            what=f"the droplet {name}",
        )
        addresses = {n["type"]: n["ip_address"] for n in answer["droplet"]["networks"]["v4"]}
        return {"name": name, "id": made["id"], **addresses}

    # ends -----------------------------------------------------------------------------
    def _keep_secrets(self, values: dict[str, str]) -> None:
        path = self._folder / "secrets.json"
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(values, file, indent=2)

    async def _open(self, site: Site, balancer: str) -> None:
        """Open means: the region's door serves the home page from its own database; the writer's also writes, unless
        that needs the permit of an agent that is not there yet."""
        path = "/healthz/deep" if site is WRITER and not self._permit else "/"
        await asyncio.to_thread(opening.wait_open, f"http://{balancer}{path}", self._domain)
        self._say(f"{site.region} serves pages")

    def _say(self, what: str) -> None:
        print(f"[{time.monotonic() - self._began:5.1f} s] {what}", file=sys.stderr, flush=True)


def main(say: Callable[[str], Any] = print) -> int:
    """`python -m tidepool.store.plain ENGINE DOMAIN FOLDER permit|no-permit`; endpoint, token, CA: the environment."""
    engine, domain, folder, permit = sys.argv[1:5]
    ca_file = os.environ["TIDEPOOL_CA_FILE"]
    account = Account(os.environ["TIDEPOOL_ENDPOINT"], os.environ["TIDEPOOL_TOKEN"], ca_file)
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    try:
        made = asyncio.run(PlainStore(account, engine, domain, ca_file, path, permit == "permit").build())
    except (StoreError, ValueError) as error:
        print(f"tidepool: {error}", file=sys.stderr)
        return 1
    (path / "store.json").write_text(json.dumps(made, indent=2) + "\n")
    say(json.dumps(made, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
