"""The provider's account: what exists, and promotion.

Raises Refused for a bad token, a missing scope or a missing object; RetryLater for 429 and 5xx to reads;
Unknown when a write may have happened. Hidden retries of client libraries are turned off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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

    async def balancer(self, name: str) -> Balancer | None: ...

    async def hosts(self, tag: str) -> Sequence[Host]: ...

    async def password(self, server: DatabaseServer, user: str) -> str:
        """Of a database user other than the admin. Refused when the server has no such user."""
        ...

    async def database_ca(self, server: DatabaseServer) -> str:
        """PEM of the authority that signed the server's certificate."""
        ...
