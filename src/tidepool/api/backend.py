"""What the API asks of the world behind it. The API keeps states, ids and delays; the backend makes things real.

`MemoryBackend` in this package answers at once with nothing behind it (API tests); the lab's backend has real servers.
All arguments are the API's own JSON objects; ids are the API's. Every method is idempotent by id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Json = dict[str, Any]


class BackendError(Exception):
    """It could not be made; the API object becomes `errored`, or the call answers 500 with this text."""


@dataclass(frozen=True, slots=True)
class Addresses:
    public: str
    private: str


@dataclass(frozen=True, slots=True)
class DatabaseMade:
    addresses: Addresses
    port: int
    password: str  # of doadmin; a replica has its primary's
    ca_pem: str


class Backend(Protocol):
    def names(self) -> Mapping[str, str]:
        """`database_suffix`: the DNS suffix of database host names."""
        ...

    # droplets -----------------------------------------------------------------
    async def droplet_create(self, droplet: Json, ssh_keys: Sequence[str], user_data: str) -> Addresses: ...
    async def droplet_power(self, droplet_id: int, on: bool, hard: bool) -> None: ...
    async def droplet_destroy(self, droplet_id: int) -> None: ...

    # load balancers -----------------------------------------------------------
    async def balancer_apply(
        self, balancer: Json, backends: Sequence[str], certificates: Mapping[str, tuple[str, str]]
    ) -> str:
        """Create or reconfigure; returns its public address. `backends` are private addresses of droplets;
        `certificates` maps certificate id to (PEM chain, PEM key)."""
        ...

    async def balancer_destroy(self, balancer_id: str) -> None: ...

    async def certificate_issue(self, dns_names: Sequence[str]) -> tuple[str, str]:
        """A `lets_encrypt` certificate by the lab's own CA: (PEM chain, PEM key)."""
        ...

    # managed databases --------------------------------------------------------
    async def database_create(self, cluster: Json) -> DatabaseMade:
        """`cluster["connection"]["host"]` and `["private_connection"]["host"]` are the names it must answer to, in DNS
        and in its certificate; a replica's likewise. Promotion changes neither."""
        ...

    async def replica_create(self, cluster: Json, replica: Json) -> DatabaseMade: ...
    async def database_promote(self, server_id: str) -> None:
        """Returns when the server really accepts writes. The old primary is left as it is."""
        ...

    async def database_destroy(self, server_id: str) -> None: ...
    async def database_trust(self, server_id: str, addresses: Sequence[str] | None) -> None:
        """Only these source addresses or networks may connect; None: the whole world (DigitalOcean's default)."""
        ...

    async def database_user(self, server_id: str, user: str, password: str | None) -> None:
        """Create or re-password; None drops it."""
        ...

    async def database_db(self, server_id: str, name: str, present: bool) -> None: ...
    async def database_config(self, server_id: str, config: Json) -> None: ...

    # DNS ----------------------------------------------------------------------
    async def zone_apply(self, domain: str, records: Sequence[Json]) -> None:
        """Serve exactly these records, within a second. They are what the customer made, as the API lists them: names
        relative to the zone (`@` its apex), `data` without the final dot. SOA and NS of the apex are the backend's."""
        ...

    async def zone_remove(self, domain: str) -> None: ...
