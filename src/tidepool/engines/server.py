"""What the backend asks of a managed database, whichever engine it runs. One class per engine implements it."""

import hashlib
import secrets as randomness
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tidepool.lab.cell import Cell

PORT = 25060
ADMIN = "doadmin"
DEFAULT_DATABASE = "defaultdb"
REPLICATOR = "tidepool_replicator"


class ServerError(Exception):
    """The server could not be made to do it; the text says which one and what it answered."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Shared by a primary and its replicas, because a replica is a copy."""

    admin: str
    replicator: str

    @classmethod
    def fresh(cls) -> "Secrets":
        return cls("AVNS_" + randomness.token_hex(12), randomness.token_hex(24))


@dataclass(frozen=True, slots=True)
class Tls:
    chain_pem: str
    key_pem: str
    ca_pem: str


class DatabaseServer(Protocol):
    """A running database in a cell. A primary is made by `create`, a replica by `follow`; never both."""

    cell: Cell
    secrets: Secrets

    async def create(self) -> None:
        """An empty writable server with the admin and the default database."""
        ...

    async def follow(self, primary: "DatabaseServer") -> None:
        """Copy `primary` and replicate from its public address from then on."""
        ...

    async def promote(self) -> None:
        """Apply all that was received, stop following, accept writes. Silent success on a writable server."""
        ...

    async def restart(self) -> None:
        """Start again with its data and its role after a kill; nothing where it still runs."""
        ...

    async def set_user(self, name: str, password: str | None) -> None: ...

    async def set_database(self, name: str, present: bool) -> None: ...

    async def configure(self, config: Mapping[str, Any]) -> None:
        """Apply what the engine knows of DigitalOcean's configuration keys; kept across restarts."""
        ...


def server_number(cell_name: str) -> int:
    """A stable number that differs between the servers of a lab (MariaDB's server_id)."""
    return int.from_bytes(hashlib.sha256(cell_name.encode()).digest()[:4], "big") % 2_000_000_000 + 1


async def write_file(cell: Cell, path: str, text: str, *, owner: str = "root", mode: str = "0644") -> None:
    """By the cell's own tools and standard input, so that owners are the cell's and secrets are in no argument list."""
    script = 'umask 077; cat > "$1.new" && chown "$2" "$1.new" && chmod "$3" "$1.new" && mv "$1.new" "$1"'
    await cell.run(["sh", "-c", script, "sh", path, owner, mode], input=text)


async def write_tls(cell: Cell, folder: str, owner: str, tls: Tls) -> None:
    await cell.run(["install", "-d", "-m", "0755", folder])
    files: Sequence[tuple[str, str, str]] = (
        ("ca.pem", tls.ca_pem, "0644"),
        ("server.pem", tls.chain_pem, "0644"),
        ("server.key", tls.key_pem, "0600"),
    )
    for name, text, mode in files:
        await write_file(cell, f"{folder}/{name}", text, owner=owner, mode=mode)
