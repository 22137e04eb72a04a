"""The agent against strangers, replays, restarts and a full disk."""

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from farshore.adapters.agent_app import AgentApp
from farshore.agent.config import AgentConfig
from farshore.agent.memory import MemoryFull
from farshore.agent.server import AgentServer
from farshore.model.failure import Refused, RetryLater
from farshore.model.region import Endpoint, Epoch, RegionName, Role
from farshore.model.sighting import Door
from farshore.ports.agent_wire import SIGNATURE_HEADER, sign_answer, sign_request
from farshore.ports.prober import Target
from farshore.sim.fake_prober import FakeProber

KEY = b"0123456789abcdef0123456789abcdef"
WRITER = Endpoint(Epoch(2), Role.WRITER, RegionName("sfo3"), "10.20.0.20", 25060)
TARGET = Target(Door.BROWSE, RegionName("nyc3"), "192.0.2.10", 443, "shop.example.com", "/")


def _config(folder: Path) -> AgentConfig:
    return AgentConfig("shop-1", "sfo3", KEY, folder / "run/endpoint.json", folder / "agent", ("127.0.0.1", 0))


@asynccontextmanager
async def agent(folder: Path, prober: FakeProber | None = None) -> AsyncIterator[AgentServer]:
    server = AgentServer(_config(folder), prober or FakeProber())
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def _app(server: AgentServer, key: bytes = KEY, controller: str = "c1") -> AgentApp:
    return AgentApp("shop-1", "127.0.0.1", key, controller, port=server.port, timeout_s=5.0)


async def _send(server: AgentServer, raw: bytes, hold: bool = False) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(raw)
    if not hold:
        writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


def _request(path: str, body: dict[str, Any] | bytes, key: bytes = KEY, method: str = "POST") -> bytes:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signature = sign_request(key, method, path, raw)
    return (
        f"{method} {path} HTTP/1.1\r\nContent-Length: {len(raw)}\r\n{SIGNATURE_HEADER}: {signature}\r\n\r\n"
    ).encode() + raw


def _point(endpoint: dict[str, Any], at_ms: int, controller: str = "c1") -> bytes:
    return _request("/v1/point", {"nonce": "n", "controller": controller, "at_ms": at_ms, "endpoint": endpoint})


ENDPOINT = {"epoch": 2, "role": "writer", "region": "sfo3", "host": "10.20.0.20", "port": 25060}


def test_the_endpoint_file_is_what_the_shop_expects(tmp_path: Path) -> None:
    async def work() -> None:
        async with agent(tmp_path) as server:
            await _app(server).point(WRITER)

    asyncio.run(work())
    file = tmp_path / "run/endpoint.json"
    assert json.loads(file.read_text()) == ENDPOINT
    assert file.stat().st_mode & 0o777 == 0o644, "the shop runs as another user"
    assert (tmp_path / "agent/epoch").read_text().strip() == "2"


def test_a_wrong_key_gets_401_and_no_word(tmp_path: Path) -> None:
    async def work() -> None:
        async with agent(tmp_path) as server:
            answer = await _send(server, _request("/v1/view", {"nonce": "n"}, key=b"x" * 32))
            assert answer.startswith(b"HTTP/1.1 401 ")
            assert answer.endswith(b"\r\n\r\n")
            with pytest.raises(Refused, match="does not accept our signature"):
                await _app(server, key=b"x" * 32).point(WRITER)

    asyncio.run(work())
    assert not (tmp_path / "run/endpoint.json").exists()


def test_a_recorded_command_cannot_be_replayed_even_after_a_restart(tmp_path: Path) -> None:
    """First role standby, then writer of the same epoch: playing the first again must not close the shop."""
    recorded = _point({**ENDPOINT, "role": "standby"}, at_ms=1000)

    async def work() -> None:
        async with agent(tmp_path) as server:
            assert b" 200 " in await _send(server, recorded)
            assert b" 200 " in await _send(server, _point(ENDPOINT, at_ms=1001))
            assert b" 409 " in await _send(server, recorded)
        async with agent(tmp_path) as server:
            assert b" 409 " in await _send(server, recorded)
            assert b" 409 " in await _send(server, _point({**ENDPOINT, "role": "standby"}, at_ms=1001))
            assert b" 200 " in await _send(server, _point(ENDPOINT, at_ms=5, controller="c2"))

    asyncio.run(work())
    assert json.loads((tmp_path / "run/endpoint.json").read_text())["role"] == "writer"


def test_a_command_cannot_be_moved_to_another_path_or_played_back_as_an_answer(tmp_path: Path) -> None:
    async def work() -> None:
        async with agent(tmp_path) as server:
            raw = json.dumps({"nonce": "n", "controller": "c1", "at_ms": 9, "endpoint": ENDPOINT}).encode()
            for signature in (sign_request(KEY, "POST", "/v1/view", raw), sign_answer(KEY, "/v1/point", raw)):
                head = (
                    f"POST /v1/point HTTP/1.1\r\nContent-Length: {len(raw)}\r\n{SIGNATURE_HEADER}: {signature}\r\n\r\n"
                )
                assert b" 401 " in await _send(server, head.encode() + raw)

    asyncio.run(work())


def test_a_controller_whose_clock_went_back_is_heard_all_the_same(tmp_path: Path) -> None:
    async def work() -> None:
        async with agent(tmp_path) as server:
            future_ms = 4_000_000_000_000
            assert b" 200 " in await _send(server, _point(ENDPOINT, at_ms=future_ms))
            app = _app(server)
            await app.point(WRITER)
            await app.close()

    asyncio.run(work())


def test_epoch_endpoint_and_watch_survive_a_restart(tmp_path: Path) -> None:
    prober = FakeProber()

    async def work() -> None:
        async with agent(tmp_path) as server:
            app = _app(server)
            await app.point(WRITER)
            await app.watch(Epoch(2), [TARGET], 0.1, 0.5)
            await app.close()
        (tmp_path / "run/endpoint.json").unlink()  # as after a reboot: /run is empty
        async with agent(tmp_path, prober) as server:
            app = _app(server)
            assert (await app.view()).endpoint is None
            with pytest.raises(Refused, match="has seen epoch 2"):
                await app.point(replace(WRITER, epoch=Epoch(1)))
            for _ in range(200):
                view = await app.view()
                if view.sightings:
                    break
                await asyncio.sleep(0.01)
            (sighting,) = view.sightings
            assert (sighting.vantage, sighting.place, sighting.door, sighting.ok) == ("shop-1", "sfo3", "browse", True)
            await app.close()

    asyncio.run(work())
    assert prober.looked[0].host == "shop.example.com"


def test_an_unreadable_epoch_stops_the_agent(tmp_path: Path) -> None:
    """It might be larger than anything we are told: guessing would be obeying a fenced controller."""
    (tmp_path / "agent").mkdir()
    (tmp_path / "agent/epoch").write_text("garbage")
    with pytest.raises(MemoryFull, match="epoch"):
        AgentServer(_config(tmp_path), FakeProber())


@pytest.mark.parametrize("name", ["commands.json", "watch.json"])
def test_other_broken_files_are_told_and_left(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "agent").mkdir()
    (tmp_path / "agent" / name).write_text('{"targets": 7')

    async def work() -> None:
        async with agent(tmp_path) as server:
            await _app(server).point(WRITER)

    asyncio.run(work())
    assert name in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n\r\n", b"401"),
        (b"POST /v1/view HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", b"413"),
        (b"POST /v1/view HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST /v1/view HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
        (b"POST /v1/view HTTP/1.1\r\n" + b"X: y\r\n" * 9000 + b"\r\n", b"413"),
        (_request("/v1/view", b"not json"), b"400"),
        (_request("/v1/view", b"[" * 5000), b"400"),
        (_request("/v1/view", b"[]"), b"400"),
        (_request("/v1/view", {"nonce": 1}), b"400"),
        (_request("/v1/view", {}, method="GET"), b"405"),
        (_request("/v1/other", {"nonce": "n", "controller": "c", "at_ms": 1}), b"404"),
        (_point({**ENDPOINT, "port": "25060"}, 1), b"400"),
        (_point({**ENDPOINT, "role": "king"}, 1), b"400"),
        (_request("/v1/watch", {"nonce": "n", "controller": "c", "at_ms": 1, "epoch": 1, "targets": [1]}), b"400"),
    ],
)
def test_garbage_is_answered_and_the_agent_lives(tmp_path: Path, raw: bytes, status: bytes) -> None:
    async def work() -> None:
        async with agent(tmp_path) as server:
            assert (await _send(server, raw)).startswith(b"HTTP/1.1 " + status)
            assert (await _app(server).view()).agent == "shop-1"

    asyncio.run(work())


def test_slow_and_silent_strangers_do_not_keep_the_controller_out(tmp_path: Path) -> None:
    """More half-open requests than the agent takes: the newest are turned away, the controller's own stays."""

    async def work() -> None:
        async with agent(tmp_path) as server:
            app = _app(server)
            await app.view()
            strangers = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(80)]
            for _, writer in strangers:
                writer.write(b"POST /v1/view HTTP/1.1\r\n")
            turned_away = await asyncio.wait_for(strangers[-1][0].read(), 3.0)  # long before a slow one is cut off
            assert turned_away == b""
            await app.point(WRITER)
            assert (await app.view()).endpoint == WRITER
            for _, writer in strangers:
                writer.transport.abort()
            await app.close()

    asyncio.run(work())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("needs root: mounts a small tmpfs")
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 4096):
                pass
        except OSError:
            return


def test_a_full_disk_keeps_the_old_endpoint_and_says_so(small_disk: Path) -> None:
    async def work() -> None:
        async with agent(small_disk) as server:
            app = _app(server)
            await app.point(WRITER)
            _fill(small_disk / "ballast")
            with pytest.raises(RetryLater, match="cannot be written: No space left on device"):
                await app.point(replace(WRITER, epoch=Epoch(3), host="10.10.0.20"))
            assert (await app.view()).endpoint == WRITER
            (small_disk / "ballast").unlink()
            await app.point(replace(WRITER, epoch=Epoch(3), host="10.10.0.20"))
            assert (await app.view()).endpoint == replace(WRITER, epoch=Epoch(3), host="10.10.0.20")
            await app.close()

    asyncio.run(work())


def test_an_answer_that_was_not_signed_is_not_believed(tmp_path: Path) -> None:
    """Somebody sits at the agent's address: he cannot say that the region is pointed elsewhere."""

    async def liar(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = b'{"nonce": "x", "agent": "shop-1", "place": "sfo3", "endpoint": null, "sightings": []}'
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    async def work() -> None:
        server = await asyncio.start_server(liar, "127.0.0.1", 0)
        app = AgentApp("shop-1", "127.0.0.1", KEY, "c1", port=server.sockets[0].getsockname()[1])
        with pytest.raises(Refused, match="not signed"):
            await app.view()
        await app.close()
        server.close()

    asyncio.run(work())
