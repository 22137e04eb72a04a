"""A backend with nothing behind it: answers at once and remembers what it was asked. For the API's own tests."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tidepool.api.authority import Authority
from tidepool.api.backend import Addresses, DatabaseMade, Json

BLOCKS = {"nyc3": ("192.0.2", "10.10.0"), "sfo3": ("198.51.100", "10.20.0")}


@dataclass
class MemoryBackend:
    authority: Authority
    asked: list[tuple[str, object]] = field(default_factory=list)
    trusted: dict[str, list[str] | None] = field(default_factory=dict)
    backends: dict[str, list[str]] = field(default_factory=dict)
    zones: dict[str, list[Json]] = field(default_factory=dict)
    users: dict[tuple[str, str], str] = field(default_factory=dict)
    _hosts: Iterator[int] = field(default_factory=lambda: itertools.count(20))

    def names(self) -> Mapping[str, str]:
        return {"database_suffix": "db.tidepool.test"}

    def _addresses(self, region: str) -> Addresses:
        public, private = BLOCKS.get(region, ("203.0.113", "10.30.0"))
        host = 20 + next(self._hosts) % 230
        return Addresses(f"{public}.{host}", f"{private}.{host}")

    async def droplet_create(self, droplet: Json, ssh_keys: Sequence[str], user_data: str) -> Addresses:
        self.asked.append(("droplet_create", droplet["id"]))
        return self._addresses(droplet["region"]["slug"])

    async def droplet_power(self, droplet_id: int, on: bool, hard: bool) -> None:
        self.asked.append(("droplet_power", (droplet_id, on, hard)))

    async def droplet_destroy(self, droplet_id: int) -> None:
        self.asked.append(("droplet_destroy", droplet_id))

    async def balancer_apply(
        self, balancer: Json, backends: Sequence[str], certificates: Mapping[str, tuple[str, str]]
    ) -> str:
        self.asked.append(("balancer_apply", balancer["id"]))
        self.backends[balancer["id"]] = list(backends)
        return balancer.get("ip") or self._addresses(balancer["region"]["slug"]).public

    async def balancer_destroy(self, balancer_id: str) -> None:
        self.asked.append(("balancer_destroy", balancer_id))

    async def certificate_issue(self, dns_names: Sequence[str]) -> tuple[str, str]:
        issued = self.authority.issue(dns_names)
        return issued.chain_pem, issued.key_pem

    def _made(self, region: str, password: str) -> DatabaseMade:
        return DatabaseMade(self._addresses(region), 25060, password, self.authority.ca_pem)

    async def database_create(self, cluster: Json) -> DatabaseMade:
        self.asked.append(("database_create", cluster["id"]))
        return self._made(cluster["region"], f"secret-of-{cluster['name']}")

    async def replica_create(self, cluster: Json, replica: Json) -> DatabaseMade:
        self.asked.append(("replica_create", replica["id"]))
        # As the lab's: what the admin's password was when the data began. The API knows today's.
        return self._made(replica["region"], f"secret-of-{cluster['name']}")

    async def database_promote(self, server_id: str) -> None:
        self.asked.append(("database_promote", server_id))

    async def database_destroy(self, server_id: str) -> None:
        self.asked.append(("database_destroy", server_id))

    async def database_trust(self, server_id: str, addresses: Sequence[str] | None) -> None:
        self.trusted[server_id] = None if addresses is None else list(addresses)

    async def database_user(self, server_id: str, user: str, password: str | None) -> None:
        self.asked.append(("database_user", (server_id, user)))
        self.users.pop((server_id, user), None)
        if password is not None:
            self.users[server_id, user] = password

    async def database_db(self, server_id: str, name: str, present: bool) -> None:
        self.asked.append(("database_db", (server_id, name, present)))

    async def database_config(self, server_id: str, config: Json) -> None:
        self.asked.append(("database_config", (server_id, config)))

    async def zone_apply(self, domain: str, records: Sequence[Json]) -> None:
        self.zones[domain] = [dict(record) for record in records]

    async def zone_remove(self, domain: str) -> None:
        self.zones.pop(domain, None)
