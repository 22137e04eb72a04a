"""What every store in two regions has in common, built through the API like a customer: everything that can go side by
side does. What kind of shop it is, a Furnishing says (plain.py, wordpress.py).

Runs on a machine in lon1 (`tidepool store KIND` puts it there), because databases and balancers are not on
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
from tidepool.store.furnishing import Furnishing, Wish


class TwoRegions:
    """One building of one shop. Each method makes one thing and awaits only what it needs."""

    def __init__(self, account: Account, wish: Wish, kind: Furnishing) -> None:
        self._account = account
        self._wish = wish
        self._kind = kind
        self._record, self._zone = split_domain(wish.domain)
        self._ca_pem = Path(wish.ca_file).read_text()
        self._cookie_secret = secrets.token_hex(32)

    async def build(self) -> Json:
        key, vpcs, _ = await together(self._ssh_key(), self._networks(), self._tags())
        doors, (databases, droplets, products) = await together(self._doors(vpcs), self._servers(key, vpcs))
        await self._point(doors[WRITER.region]["ip"])
        await together(*(self._open(site, doors[site.region]["ip"]) for site in SITES))
        self._wish.say("the shop is open")
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
            "kind": self._kind.name, "engine": self._wish.engine, "domain": self._wish.domain, "zone": self._zone,
            "record": self._record,
            "ttl_s": RECORD_TTL_S, "writer": WRITER.region, "standby": STANDBY.region, "database": DATABASE,
            "app_user": APP_USER, "permit": self._wish.permit, "admin_user": "doadmin",
            "secrets_file": str(self._wish.folder / "secrets.json"),
            "ssh_key_file": str(self._wish.ssh_key), "ca_file": self._wish.ca_file, "products": products,
            "seconds": round(time.monotonic() - self._wish.began, 1), "regions": regions, **self._kind.made(),
        }  # fmt: skip

    # what needs nothing ---------------------------------------------------------
    async def _ssh_key(self) -> int:
        path = self._wish.ssh_key
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
        self._wish.say("networks and their peering")
        return ids

    # doors ------------------------------------------------------------------------
    async def _doors(self, vpcs: dict[str, str]) -> dict[str, Json]:
        await self._account.call("domains.create", {"name": self._zone})
        body = {"name": "shop", "type": "lets_encrypt", "dns_names": [self._wish.domain]}
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
        self._wish.say(f"balancer {site.door} at {answer['load_balancer']['ip']}")
        return {key: answer["load_balancer"][key] for key in ("name", "id", "ip")}

    async def _point(self, address: str) -> None:
        body = {"type": "A", "name": self._record, "data": address, "ttl": RECORD_TTL_S}
        await self._account.call("domains.create_record", self._zone, body)
        self._wish.say(f"{self._wish.domain} -> {address}, ttl {RECORD_TTL_S}")

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

        writer_side = asyncio.ensure_future(self._side(WRITER, cluster, key, vpcs, password))
        (writer, droplets), (standby, others), products = await together(
            writer_side, standby_side(), self._kind.fill(admin, writer_side)
        )
        self._wish.say(f"{len(products)} products")
        return {"nyc3": writer, "sfo3": standby}, {"nyc3": droplets, "sfo3": others}, products

    async def _cluster(self, vpc: str) -> Json:
        engine, version = ENGINES[self._wish.engine]
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
        self._wish.say(f"database {WRITER.name} is online")
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
        self._wish.say(f"replica {STANDBY.name} is online")
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
            "engine": self._wish.engine, "database": DATABASE, "user": APP_USER, "password": password,
            "ca": "/etc/shop/ca.pem", "secret": self._cookie_secret, "region": site.region,
            "permit": self._wish.permit,
        }  # fmt: skip
        script = self._kind.user_data(settings, endpoint, self._ca_pem)
        droplets = await together(*(self._droplet(site, n, key, vpcs[site.region], script) for n in site.droplets))
        self._wish.say(f"app servers {', '.join(site.droplets)}")
        await self._kind.equip(site, droplets)
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
        path = self._wish.folder / "secrets.json"
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(values, file, indent=2)

    async def _open(self, site: Site, balancer: str) -> None:
        """Open means: the region's door serves what proves it, from its own database."""
        address = f"http://{balancer}{self._kind.proof(site)}"
        await asyncio.to_thread(opening.wait_open, address, self._wish.domain)
        self._wish.say(f"{site.region} serves pages")


def main(
    furnish: Callable[[Wish], Furnishing],
    wish: Wish,
    regions: Callable[[Account, Wish, Furnishing], TwoRegions] = TwoRegions,
) -> int:
    """Builds and prints. Endpoint and token come from the environment."""
    account = Account(os.environ["TIDEPOOL_ENDPOINT"], os.environ["TIDEPOOL_TOKEN"], wish.ca_file)
    wish.folder.mkdir(parents=True, exist_ok=True)
    try:
        made = asyncio.run(regions(account, wish, furnish(wish)).build())
    except (StoreError, ValueError) as error:
        print(f"tidepool: {error}", file=sys.stderr)
        return 1
    (wish.folder / "store.json").write_text(json.dumps(made, indent=2) + "\n")
    print(json.dumps(made, indent=2))
    return 0
