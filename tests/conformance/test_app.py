"""The app port: on the fake, and on a real agent over a real socket."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from farshore.adapters.agent_app import AgentApp
from farshore.agent.config import AgentConfig
from farshore.agent.server import AgentServer
from farshore.model.failure import Refused, Unreachable
from farshore.model.region import Endpoint, Epoch, RegionName, Role
from farshore.model.sighting import Door
from farshore.ports.app import App
from farshore.ports.prober import Target
from farshore.sim.fake_app import FakeApp
from farshore.sim.fake_prober import FakeProber
from farshore.transport.tls import client_context
from identities import identity
from lived import lived

Run = Callable[[Any], Any]
WRITER = Endpoint(Epoch(2), Role.WRITER, RegionName("sfo3"), "10.20.0.20", 25060)
TARGET = Target(Door.BROWSE, RegionName("nyc3"), "192.0.2.10", 443, "shop.example.com", "/")


@dataclass
class Server:
    app: App
    die: Callable[[], None]


@pytest.fixture(params=["fake", "agent"])
def server(request: pytest.FixtureRequest, tmp_path: Path, run: Run) -> Iterator[Server]:
    if request.param == "fake":
        fake = FakeApp("shop-1", "sfo3")
        yield Server(fake, lambda: setattr(fake, "reachable", False))
        return
    own = identity(tmp_path, "agent:shop-1")
    lived(tmp_path / "agent")
    config = AgentConfig("shop-1", "sfo3", own, tmp_path / "run/endpoint.json", tmp_path / "agent", ("127.0.0.1", 0))
    agent = AgentServer(config, FakeProber())
    run(agent.start())
    tls = client_context(identity(tmp_path, "controller:controller-1"))
    app = AgentApp("shop-1", "127.0.0.1", tls, "controller-1", port=agent.port)
    yield Server(app, lambda: run(agent.stop()))
    run(app.close())
    run(agent.stop())


def test_an_agent_that_was_never_told_has_no_endpoint(server: Server, run: Run) -> None:
    view = run(server.app.view())
    assert (view.agent, view.place, view.endpoint, view.sightings) == ("shop-1", "sfo3", None, ())
    assert server.app.name == "shop-1"


def test_what_was_pointed_at_is_what_is_read(server: Server, run: Run) -> None:
    run(server.app.point(WRITER))
    run(server.app.point(WRITER))
    assert run(server.app.view()).endpoint == WRITER


@pytest.mark.parametrize(
    "stale",
    [
        replace(WRITER, epoch=Epoch(1)),
        replace(WRITER, epoch=Epoch(1), role=Role.STANDBY),
        replace(WRITER, host="10.10.0.20", region=RegionName("nyc3")),
    ],
    ids=["smaller epoch", "smaller epoch as standby", "another writer of this epoch"],
)
def test_a_stale_command_is_refused_and_changes_nothing(server: Server, run: Run, stale: Endpoint) -> None:
    run(server.app.point(WRITER))
    with pytest.raises(Refused):
        run(server.app.point(stale))
    assert run(server.app.view()).endpoint == WRITER


def test_a_larger_epoch_and_another_role_are_obeyed(server: Server, run: Run) -> None:
    standby = replace(WRITER, role=Role.STANDBY)
    for endpoint in (standby, WRITER, replace(WRITER, epoch=Epoch(3), role=Role.STANDBY)):
        run(server.app.point(endpoint))
        assert run(server.app.view()).endpoint == endpoint


def test_watching_is_refused_under_a_smaller_epoch(server: Server, run: Run) -> None:
    run(server.app.point(WRITER))
    run(server.app.watch(Epoch(2), [TARGET], 1.0, 1.2))
    run(server.app.watch(Epoch(2), [TARGET], 1.0, 1.2))
    with pytest.raises(Refused):
        run(server.app.watch(Epoch(1), [TARGET], 1.0, 1.2))


def test_a_dead_agent_is_unreachable(server: Server, run: Run) -> None:
    run(server.app.view())
    server.die()
    with pytest.raises(Unreachable):
        run(server.app.view())
    with pytest.raises(Unreachable):
        run(server.app.point(WRITER))
