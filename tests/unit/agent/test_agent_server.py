"""The agent against bad commands, late ones, restarts and a full disk. Strangers are the transport's tests."""

import asyncio
import json
import os
import ssl
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
from farshore.ports.prober import Target
from farshore.sim.fake_prober import FakeProber
from farshore.transport.client import Client
from farshore.transport.message import Answer
from farshore.transport.tls import client_context
from identities import AUTHORITY, STRANGER, identity
from lived import lived

WRITER = Endpoint(Epoch(2), Role.WRITER, RegionName("sfo3"), "10.20.0.20", 25060)
TARGET = Target(Door.BROWSE, RegionName("nyc3"), "192.0.2.10", 443, "shop.example.com", "/")


def _config(folder: Path) -> AgentConfig:
    own = identity(folder / "tls", "agent:shop-1")
    lived(folder / "agent")
    return AgentConfig("shop-1", "sfo3", own, folder / "run/endpoint.json", folder / "agent", ("127.0.0.1", 0))


@asynccontextmanager
async def agent(folder: Path, prober: FakeProber | None = None) -> AsyncIterator[AgentServer]:
    server = AgentServer(_config(folder), prober or FakeProber())
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return client_context(identity(tmp_path_factory.mktemp("controller"), "controller:c1"))


def _app(server: AgentServer, tls: ssl.SSLContext, controller: str = "c1") -> AgentApp:
    return AgentApp("shop-1", "127.0.0.1", tls, controller, port=server.port, timeout_s=5.0)


async def _ask(server: AgentServer, tls: ssl.SSLContext, path: str, body: dict[str, Any]) -> Answer:
    client = Client("127.0.0.1", server.port, tls, "agent", "shop-1")
    try:
        return await client.ask(path, body, 5.0)
    finally:
        client.close()


def _point(endpoint: dict[str, Any], at_ms: int, controller: str = "c1") -> tuple[str, dict[str, Any]]:
    return "/v1/point", {"controller": controller, "at_ms": at_ms, "endpoint": endpoint}


ENDPOINT = {"epoch": 2, "role": "writer", "region": "sfo3", "host": "10.20.0.20", "port": 25060}


def test_the_endpoint_file_is_what_the_shop_expects(tmp_path: Path, controller: ssl.SSLContext) -> None:
    async def work() -> None:
        async with agent(tmp_path) as server:
            await _app(server, controller).point(WRITER)

    asyncio.run(work())
    file = tmp_path / "run/endpoint.json"
    assert json.loads(file.read_text()) == ENDPOINT
    assert file.stat().st_mode & 0o777 == 0o644, "the shop runs as another user"
    assert (tmp_path / "agent/epoch").read_text().strip() == "2"


def test_a_recorded_command_cannot_be_replayed_even_after_a_restart(tmp_path: Path, controller: ssl.SSLContext) -> None:
    """First role standby, then writer of the same epoch: playing the first again must not close the shop."""
    recorded = _point({**ENDPOINT, "role": "standby"}, at_ms=1000)

    async def work() -> None:
        async with agent(tmp_path) as server:
            assert (await _ask(server, controller, *recorded)).status == 200
            assert (await _ask(server, controller, *_point(ENDPOINT, at_ms=1001))).status == 200
            assert (await _ask(server, controller, *recorded)).status == 409
        async with agent(tmp_path) as server:
            assert (await _ask(server, controller, *recorded)).status == 409
            assert (await _ask(server, controller, *_point({**ENDPOINT, "role": "standby"}, at_ms=1001))).status == 409
            assert (await _ask(server, controller, *_point(ENDPOINT, at_ms=5, controller="c2"))).status == 200

    asyncio.run(work())
    assert json.loads((tmp_path / "run/endpoint.json").read_text())["role"] == "writer"


def test_a_controller_whose_clock_went_back_is_heard_all_the_same(tmp_path: Path, controller: ssl.SSLContext) -> None:
    async def work() -> None:
        async with agent(tmp_path) as server:
            future_ms = 4_000_000_000_000
            assert (await _ask(server, controller, *_point(ENDPOINT, at_ms=future_ms))).status == 200
            app = _app(server, controller)
            await app.point(WRITER)
            await app.close()

    asyncio.run(work())


def test_epoch_endpoint_and_watch_survive_a_restart(tmp_path: Path, controller: ssl.SSLContext) -> None:
    prober = FakeProber()

    async def work() -> None:
        async with agent(tmp_path) as server:
            app = _app(server, controller)
            await app.point(WRITER)
            await app.watch(Epoch(2), [TARGET], 0.1, 0.5)
            await app.close()
        (tmp_path / "run/endpoint.json").unlink()  # as after a reboot: /run is empty
        async with agent(tmp_path, prober) as server:
            app = _app(server, controller)
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


def test_an_unreadable_epoch_stops_the_agent(tmp_path: Path, controller: ssl.SSLContext) -> None:
    """It might be larger than anything we are told: guessing would be obeying a fenced controller."""
    (tmp_path / "agent").mkdir()
    (tmp_path / "agent/epoch").write_text("garbage")
    with pytest.raises(MemoryFull, match="epoch"):
        AgentServer(_config(tmp_path), FakeProber())


@pytest.mark.parametrize("name", ["commands.json", "watch.json"])
def test_other_broken_files_are_told_and_left(
    tmp_path: Path, controller: ssl.SSLContext, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "agent").mkdir()
    (tmp_path / "agent" / name).write_text('{"targets": 7')

    async def work() -> None:
        async with agent(tmp_path) as server:
            await _app(server, controller).point(WRITER)

    asyncio.run(work())
    assert name in capsys.readouterr().err


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/other", {"controller": "c", "at_ms": 1}, 404),
        ("/v1/view", {}, 400),
        ("/v1/view", {"controller": "c", "at_ms": -1}, 400),
        (*_point({**ENDPOINT, "port": "25060"}, 1), 400),
        (*_point({**ENDPOINT, "role": "king"}, 1), 400),
        ("/v1/watch", {"controller": "c", "at_ms": 1, "epoch": 1, "targets": [1]}, 400),
    ],
)
def test_bad_fields_are_answered_and_the_agent_lives(
    tmp_path: Path, controller: ssl.SSLContext, path: str, body: dict[str, Any], status: int
) -> None:
    async def work() -> None:
        async with agent(tmp_path) as server:
            answer = await _ask(server, controller, path, body)
            assert answer.status == status
            assert str(answer.body["error"]).endswith(".")
            assert (await _app(server, controller).view()).agent == "shop-1"

    asyncio.run(work())


@pytest.mark.parametrize("path", ["/v1/view", "/v1/point", "/v1/watch", "/v1/terms", "/v1/revoke"])
def test_another_agent_commands_nothing(tmp_path: Path, path: str) -> None:
    """An app server that was broken into has a certificate too."""
    other = client_context(identity(tmp_path / "other", "agent:shop-2"))

    async def work() -> None:
        async with agent(tmp_path) as server:
            body = {"controller": "c1", "at_ms": 1, "epoch": 9, "endpoint": ENDPOINT}
            answer = await _ask(server, other, path, body)
            assert (answer.status, "is for a controller" in answer.body["error"]) == (403, True)

    asyncio.run(work())
    assert not (tmp_path / "run/endpoint.json").exists()


@pytest.mark.parametrize("path", ["/v1/renew", "/v1/promise"])
def test_a_controller_asks_for_no_promise_by_another_name(
    tmp_path: Path, controller: ssl.SSLContext, path: str
) -> None:
    async def work() -> None:
        async with agent(tmp_path) as server:
            answer = await _ask(server, controller, path, {"agent": "shop-2", "region": "nyc3", "epoch": 1})
            assert (answer.status, "is for a agent" in answer.body["error"]) == (403, True)

    asyncio.run(work())


def test_a_certificate_of_another_authority_is_no_controller(tmp_path: Path) -> None:
    """Each end says why, and neither has read a word of the other."""
    stranger = client_context(identity(tmp_path / "stranger", "controller:c1", STRANGER, ca=AUTHORITY))
    distrusting = client_context(identity(tmp_path / "distrusting", "controller:c1", AUTHORITY, ca=STRANGER))

    async def work() -> None:
        async with agent(tmp_path) as server:
            with pytest.raises(Refused, match="our certificate is not accepted there"):
                await _app(server, stranger).point(WRITER)
            with pytest.raises(Refused, match="its certificate is not accepted here"):
                await _app(server, distrusting).point(WRITER)

    asyncio.run(work())
    assert not (tmp_path / "run/endpoint.json").exists()


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


def test_a_full_disk_keeps_the_old_endpoint_and_says_so(small_disk: Path, controller: ssl.SSLContext) -> None:
    async def work() -> None:
        async with agent(small_disk) as server:
            app = _app(server, controller)
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
