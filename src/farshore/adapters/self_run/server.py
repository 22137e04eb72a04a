"""A self-run database server as its operator describes it, and what its engine offers besides the database port."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from farshore.model.region import RegionName
from farshore.ports.cloud import DatabaseServer
from farshore.ports.database import Database

ONLINE, STARTING, UNREACHABLE = "online", "starting", "unreachable"
SOMEBODY = "somebody"
"""Of whom a server is a replica while nobody can tell: never the name of a server, and not "of nobody" either."""

_DATABASES = {"mysql": "mysql", "pg": "postgres"}  # where farshore's own session begins


@dataclass(frozen=True, slots=True)
class SelfRunServer:
    """`name` is what the group calls it: its host's name in the account, or its address."""

    name: str
    engine: str  # mysql | pg
    region: RegionName
    port: int
    user: str  # a superuser: it promotes, fences and replicates
    password: str
    ca_pem: str  # of the authority that signed its certificate
    data_folder: str
    unit: str  # systemd's, on its host
    app_user: str
    app_password: str
    private_host: str = ""  # empty: its droplet's private address

    @property
    def id(self) -> str:
        return f"self-run:{self.name}"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where it is reached: by controllers, and by app servers and its replica."""

    public: str
    private: str


def described(own: SelfRunServer, at: Addresses, status: str, replica_of: str | None) -> DatabaseServer:
    return DatabaseServer(
        id=own.id,
        name=own.name,
        engine=own.engine,
        region=own.region,
        status=status,
        host=at.public,
        private_host=at.private,
        port=own.port,
        user=own.user,
        password=own.password,
        database=_DATABASES[own.engine],
        replica_of=replica_of,
    )


@dataclass(frozen=True, slots=True)
class Shortcoming:
    """What would break a failover or a rebuild, and what its operator does about it."""

    what: str
    remedy: str
    breaks: bool = True  # else it only costs time


class SelfRunDatabase(Database, Protocol):
    async def source(self) -> str | None:
        """Host of the server that it follows, as it was told; empty when nobody told; None when it follows nobody."""
        ...

    async def promote(self) -> None:
        """Stop following, with all that was received, and take writes. Silent success when it follows nobody.

        RetryLater while what was received is not applied; Refused when it cannot be.
        """
        ...

    async def shortcomings(self) -> Sequence[Shortcoming]: ...
