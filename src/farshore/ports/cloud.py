"""The provider's account: what exists, promotion, and what a rebuild and a fence by network or power need.

Raises Refused for a bad token, a missing scope or a missing object; RetryLater for 429 and 5xx to reads;
Unknown when a write may have happened. Hidden retries of client libraries are turned off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from farshore.model.region import RegionName


@dataclass(frozen=True, slots=True)
class DatabaseServer:
    """A managed cluster or replica, by its cluster-grade id."""

    id: str
    name: str
    engine: str  # mysql | pg
    region: RegionName
    status: str  # online, creating, ...
    host: str
    private_host: str
    port: int
    user: str
    password: str
    database: str
    replica_of: str | None  # id of the primary while it is a replica
    size: str = ""  # slug of its nodes
    storage_mib: int = 0
    network: str = ""  # id of its VPC


@dataclass(frozen=True, slots=True)
class Source:
    """Who may connect to a database server: one rule of its trusted sources."""

    kind: str  # ip_addr, droplet, tag, k8s, app
    value: str
    note: str = ""
    id: str = ""  # the provider's; handed back unchanged, so that a rule stays the same rule


NOBODY = Source("ip_addr", "192.0.2.0", "farshore: admits nobody")
"""The address of a network reserved for documentation: no packet comes from it. An empty list admits everybody."""


class Power(StrEnum):
    ON = "on"
    OFF = "off"  # nothing on it runs, and nothing that it had begun goes on
    CHANGING = "changing"  # an action of the provider is under way
    GONE = "gone"  # deleted


@dataclass(frozen=True, slots=True)
class Balancer:
    id: str
    name: str
    region: RegionName
    status: str
    ip: str


@dataclass(frozen=True, slots=True)
class Host:
    id: int
    name: str
    region: RegionName
    status: str
    public_ip: str
    private_ip: str
    tags: tuple[str, ...]


class Cloud(Protocol):
    async def check_token(self) -> None:
        """Refused unless the token is valid and may do what a failover needs (read-only calls only)."""
        ...

    async def regions(self) -> Sequence[RegionName]:
        """Slugs that are available to this account."""
        ...

    async def domains(self) -> Sequence[str]: ...

    async def database(self, name: str) -> DatabaseServer | None:
        """The cluster of that name, or the replica of that name under any cluster; None where there is none.

        A promoted replica is found as a cluster with the same id; both places are looked at.
        """
        ...

    async def promote(self, server: DatabaseServer) -> None:
        """Ask for promotion of a replica. Returns when accepted: nothing is known of its end.

        Already promoted (it exists as a cluster of its own) is silent success.
        """
        ...

    async def create_replica(
        self, of: DatabaseServer, name: str, region: RegionName, size: str | None = None, network: str | None = None
    ) -> None:
        """Have a replica of `of` made. Returns when accepted; for minutes then, nobody finds it.

        Called again, it is silent success once the replica is online in that region, and RetryLater with its state in
        words until then. Refused when the name belongs to something else. `size` None is the primary's, `network` None
        the region's default. Its trusted sources are its own: a new replica has none and admits everybody.
        """
        ...

    async def delete_database(self, name: str, *, expected_id: str) -> None:
        """Delete the cluster or replica of that name, for ever. Gone already is silent success.

        Refused when its id is another one, and while it has replicas: theirs would go with it. Its name stays taken
        for a while; `create_replica` waits for it.
        """
        ...

    async def sources(self, server: DatabaseServer) -> Sequence[Source]:
        """Who may connect. Empty: everybody in the world."""
        ...

    async def replace_sources(self, server: DatabaseServer, rules: Sequence[Source]) -> None:
        """Make the trusted sources exactly these; the same again changes nothing. Read back before it returns.

        Refused before anything is asked when `rules` is empty, for that opens the server to the world: NOBODY is the
        rule that admits nobody. Says nothing of connections that are open: a firewall may let them live.
        """
        ...

    async def balancer(self, name: str) -> Balancer | None: ...

    async def hosts(self, tag: str) -> Sequence[Host]: ...

    async def powered(self, host: Host) -> Power: ...

    async def power_off(self, host: Host) -> None:
        """Pull the plug. Returns when accepted, or when it is off or gone already; only `powered` tells that it is off.

        RetryLater while another action is under way.
        """
        ...

    async def power_on(self, host: Host) -> None:
        """Returns when accepted, or when it is on already. RetryLater while another action is under way."""
        ...

    async def password(self, server: DatabaseServer, user: str) -> str:
        """Of a database user other than the admin. Refused when the server has no such user."""
        ...

    async def database_ca(self, server: DatabaseServer) -> str:
        """PEM of the authority that signed the server's certificate."""
        ...
