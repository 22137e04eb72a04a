"""What runs on a database's own host: small scripts over SSH, safe to repeat. See scripts/ beside this file.

Everything goes in by standard input, secrets too: nothing is an argument that `ps` shows.
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from farshore.adapters.self_run.server import SelfRunServer
from farshore.ports.cloud import DatabaseServer

SCRIPTS = Path(__file__).parent / "scripts"
STATE = "/var/lib/farshore/database"
_PREFIX = "farshore-state: "


class Shell(Protocol):
    async def run(self, address: str, script: str) -> str:
        """Run a shell script as root there, given on standard input; its output. Raises Unreachable where nobody
        answers, Refused when it failed."""
        ...


@dataclass(frozen=True, slots=True)
class State:
    """Of the rebuild on a host."""

    what: str  # none | retired | running
    said: str = ""  # its last words


class DatabaseHosts:
    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    async def state(self, own: SelfRunServer, address: str) -> State:
        return _state(await self._shell.run(address, script("state", _settings(own))))

    async def retire(self, own: SelfRunServer, address: str) -> None:
        """Stopped, and not started again by a reboot. Its data stay until a rebuild."""
        await self._shell.run(address, script("retire", _settings(own)))

    async def rebuild(self, own: SelfRunServer, address: str, source: DatabaseServer, ca_pem: str) -> None:
        """Begins; a running one goes on. Refused on a host whose database was not retired."""
        settings = _settings(own) | _source(source, ca_pem)
        work = script(f"rebuild_{own.engine}", settings)
        await self._shell.run(address, script("begin", _settings(own) | {"REBUILD": work}))


def script(name: str, settings: Mapping[str, str]) -> str:
    """A script of ours with its settings before it, quoted."""
    lines = [f"{key}={shlex.quote(value)}" for key, value in settings.items()]
    return "\n".join([*lines, (SCRIPTS / f"{name}.sh").read_text()])


def _settings(own: SelfRunServer) -> dict[str, str]:
    return {"STATE": STATE, "DATA": own.data_folder, "UNIT": own.unit, "PORT": str(own.port), "NAME": own.name}


def _source(source: DatabaseServer, ca_pem: str) -> dict[str, str]:
    """The password as each reader of it wants it written."""
    password = source.password
    escaped = password.replace("\\", "\\\\")
    return {
        "SOURCE": source.private_host,
        "SOURCE_PORT": str(source.port),
        "ADMIN": source.user,
        "PASSFILE": escaped.replace(":", "\\:"),  # libpq's password file
        "SQL": "'" + escaped.replace("'", "''") + "'",
        "CNF": '"' + escaped.replace('"', '\\"') + '"',  # an option file of MariaDB
        "CA": ca_pem,
    }


def _state(out: str) -> State:
    for line in out.splitlines():
        if line.startswith(_PREFIX):
            what, _, said = line.removeprefix(_PREFIX).partition(" ")
            return State(what, said.strip())
    return State("none")
