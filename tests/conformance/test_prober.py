"""The prober port: a look never raises, and tells an open door from a shut one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from farshore.adapters.stream_prober import StreamProber
from farshore.model.region import RegionName
from farshore.model.sighting import Door
from farshore.ports.prober import Prober, Target
from farshore.sim.fake_prober import FakeProber

Run = Callable[[Any], Any]
NYC3 = RegionName("nyc3")


@asynccontextmanager
async def door(open_: bool) -> AsyncIterator[tuple[Prober, Target]]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        status = "200 OK" if open_ else "503 Service Unavailable"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nhi".encode())
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield StreamProber(), Target(Door.BROWSE, NYC3, "127.0.0.1", port, "shop.example.com", "/", tls=False)
    server.close()


@asynccontextmanager
async def fake_door(open_: bool) -> AsyncIterator[tuple[Prober, Target]]:
    prober = FakeProber()
    if not open_:
        prober.shut(Door.BROWSE, NYC3, "status 503")
    yield prober, Target(Door.BROWSE, NYC3, "192.0.2.10", 443, "shop.example.com", "/")


@pytest.mark.parametrize("made", [fake_door, door], ids=["fake", "streams"])
@pytest.mark.parametrize("open_", [True, False], ids=["open", "shut"])
def test_a_look_says_how_it_went(made: Any, open_: bool, run: Run) -> None:
    async def look() -> Any:
        async with made(open_) as (prober, target):
            return await prober.look(target, 2.0)

    found = run(look())
    assert (found.door, found.region, found.ok) == (Door.BROWSE, NYC3, open_)
    assert found.why == ("" if open_ else "status 503")
    assert 0 <= found.took_s <= 2.5
