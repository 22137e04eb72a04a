"""A database server that does not answer costs its timeout and no more: black hole, mute, and gone in mid-answer."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from farshore.adapters.mysql.database import MySqlDatabase
from farshore.adapters.postgresql.database import PostgreSqlDatabase
from farshore.model.failure import Unreachable
from farshore.model.region import Epoch, RegionName
from farshore.ports.cloud import DatabaseServer
from farshore.ports.database import Database

Made = Callable[[DatabaseServer, str | None, float], Database]
BOUND_S = 15.0  # libpq waits 2 s at least; without any bound these would wait for minutes


def _server(port: int, host: str = "127.0.0.1") -> DatabaseServer:
    return DatabaseServer(
        "id", "shop", "", RegionName("nyc3"), "online", host, "", port, "doadmin", "secret", "defaultdb", None
    )


@contextmanager
def _black_hole() -> Iterator[int]:
    """A listening socket with a full queue swallows the SYN."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for client in (first, second):
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        yield full.getsockname()[1]


@contextmanager
def _mute() -> Iterator[int]:
    """Connections are accepted by the kernel and answered by nobody, as with a frozen server."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(16)
        yield listening.getsockname()[1]


@contextmanager
def _hanging_up() -> Iterator[int]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(16)

        def serve() -> None:
            try:
                while True:
                    listening.accept()[0].close()
            except OSError:
                return

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("made", [MySqlDatabase, PostgreSqlDatabase], ids=["mysql", "postgresql"])
@pytest.mark.parametrize("trouble", [_black_hole, _mute, _hanging_up], ids=["black hole", "mute", "hangs up"])
def test_nobody_there_is_unreachable_and_bounded(made: Made, trouble: Any) -> None:
    """For writes as well: while no connection stands, nothing can have been written."""

    async def work(port: int) -> float:
        database = made(_server(port), None, 0.4)
        began_s = time.monotonic()
        for call in (database.epoch(), database.fence(Epoch(2), "shop")):
            with pytest.raises(Unreachable):
                await call
        await database.close()
        return time.monotonic() - began_s

    with trouble() as port:
        assert asyncio.run(work(port)) < BOUND_S


@pytest.mark.parametrize("made", [MySqlDatabase, PostgreSqlDatabase], ids=["mysql", "postgresql"])
def test_a_name_that_nobody_knows_is_unreachable(made: Made) -> None:
    async def work() -> None:
        database = made(_server(25060, "nobody.invalid"), None, 0.4)
        with pytest.raises(Unreachable):
            await database.writable()
        await database.close()

    asyncio.run(work())
