"""A lab in this process, with the backend but without the API: for tests of the servers themselves."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tidepool.api.backend import DatabaseMade, Json
from tidepool.backend import LabBackend
from tidepool.engines.server import PORT, ServerError
from tidepool.lab import netns
from tidepool.lab.cell import CellError
from tidepool.lab.home import LabFolder
from tidepool.lab.image import image_root
from tidepool.lab.lab import Lab
from tidepool.lab.sweep import sweep

T = TypeVar("T")
ROOT = os.geteuid() == 0 and sys.platform == "linux"
NEEDS_LAB = [
    pytest.mark.lab,
    pytest.mark.skipif(not ROOT, reason="needs root on Linux: it makes namespaces and mounts"),
    pytest.mark.skipif(not image_root().is_dir(), reason="needs the root filesystem: run `tidepool image` first"),
]
SESSION = Path(__file__).with_name("sql_session.py")
PATIENCE_S = 20.0


class World:
    """One lab and one event loop, for the tests of a module. Servers are made by the tests that need them."""

    def __init__(self, name: str, engine: str) -> None:
        self.engine = engine
        self.folder = LabFolder.named(name)
        self._runner = asyncio.Runner()
        self._sessions: list[Session] = []

    def __enter__(self) -> "World":
        sweep(self.folder)
        self.folder.cells.mkdir(parents=True)
        self.lab = Lab(self.folder, image_root())
        self.do(self.lab.start(lambda _: None))
        self.backend = LabBackend(self.lab)
        self.ca_file = str(self.folder.path / "ca.pem")
        return self

    def __exit__(self, *_: object) -> None:
        for session in self._sessions:
            session.close()
        for cell in list(self.lab.cells.values()):
            self.do(cell.destroy())
        self._runner.close()
        sweep(self.folder)

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def until(self, holds: Callable[[], Awaitable[bool]], what: str) -> None:
        async def wait() -> None:
            async with asyncio.timeout(PATIENCE_S):
                while not await holds():  # noqa: ASYNC110 what is waited for happens in other processes
                    await asyncio.sleep(0.02)

        try:
            self.do(wait())
        except TimeoutError:
            pytest.fail(f"did not happen within {PATIENCE_S:.0f} s: {what}")

    def cluster(self, name: str) -> "Pair":
        """A primary in nyc3 with database and user `shop`, and a replica in sfo3."""
        cluster = {"id": name, "name": name, "engine": self.engine, "region": "nyc3"}
        made = self.do(self.backend.database_create(cluster))
        self.do(self.backend.database_db(name, "shop", True))
        self.do(self.backend.database_user(name, "shop", "shop-password"))
        replica: Json = {"id": f"{name}-copy", "name": f"{name}-copy", "region": "sfo3"}
        return Pair(self, name, made, f"{name}-copy", self.do(self.backend.replica_create(cluster, replica)))

    def sql(self, server_id: str, statement: str, database: str = "shop") -> str:
        """As the platform itself, over the server's own socket."""
        server: Any = self.backend._databases.get(server_id).server
        select = f"USE {database};\n" if self.engine == "mysql" else f"\\connect {database}\n"
        return str(self.do(server._sql(select + statement + ";\n"))).strip()

    def session(self, place: str, host: str, user: str, password: str, database: str = "shop") -> "Session":
        found = Session(netns.FOLDER / self.folder.netns(place))
        self._sessions.append(found)
        asked = {"host": host, "port": PORT, "user": user, "password": password, "database": database}
        answer = found.ask({"engine": self.engine, "ca": self.ca_file, **asked})
        assert "error" not in answer, answer
        return found


class Pair:
    def __init__(self, world: World, primary: str, made: DatabaseMade, replica: str, copied: DatabaseMade) -> None:
        self.world = world
        self.primary, self.made = primary, made
        self.replica, self.copied = replica, copied

    def admin(self, server: DatabaseMade | None = None) -> "Session":
        made = server or self.made
        return self.world.session("lon1", made.addresses.public, "doadmin", made.password)

    def until_replica_says(self, query: str, expected: str) -> None:
        async def same() -> bool:
            server: Any = self.world.backend._databases.get(self.replica).server
            select = "USE shop;\n" if self.world.engine == "mysql" else "\\connect shop\n"
            try:
                return bool((await server._sql(f"{select}{query};\n")).strip() == expected)
            except (CellError, ServerError):
                return False  # the table has not arrived either

        self.world.until(same, f"{query} gives {expected} on the replica")


class Talk:
    """An open connection, spoken by `argv`; `ask` returns {"rows"} or {"error"}."""

    def __init__(self, argv: list[str]) -> None:
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def send(self, what: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        return dict(json.loads(self._process.stdout.readline()))

    def ask(self, what: Any) -> dict[str, Any]:
        self.send(what)
        return self.answer()

    def rows(self, statement: str) -> list[Any]:
        answer = self.ask(statement)
        assert "error" not in answer, answer
        return list(answer["rows"])

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


class Session(Talk):
    """From a place of this process's own lab."""

    def __init__(self, namespace: Path) -> None:
        super().__init__(["nsenter", f"--net={namespace}", sys.executable, str(SESSION)])


@contextmanager
def world(name: str, engine: str) -> Iterator[World]:
    with World(name, engine) as made:
        yield made
