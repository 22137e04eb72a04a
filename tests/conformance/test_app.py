"""The app port: on the fake, and on a real agent over a real socket."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from farshore.adapters.agent_app import AgentApp
from farshore.agent.config import AgentConfig
from farshore.agent.server import AgentServer
from farshore.model.failure import Refused, RetryLater, Unreachable
from farshore.model.permit import PermitTerms
from farshore.model.region import Endpoint, Epoch, RegionName, Role
from farshore.model.sighting import Door
from farshore.ports.app import App, Bridge, BridgeAtWork, BridgeWhat, Left, Promisor
from farshore.ports.prober import Target
from farshore.sim.fake_app import FakeApp
from farshore.sim.fake_prober import FakeProber
from farshore.transport.client import Client
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
    promise: Callable[[Epoch, float], None]  # another agent asks it not to open for so long


@pytest.fixture(params=["fake", "agent"])
def server(request: pytest.FixtureRequest, tmp_path: Path, run: Run) -> Iterator[Server]:
    if request.param == "fake":
        fake = FakeApp("shop-1", "sfo3")

        def promised(epoch: Epoch, wait_s: float) -> None:
            fake.promise, fake.promised_ago_s = Left(epoch, wait_s), 0.0

        yield Server(fake, lambda: setattr(fake, "reachable", False), promised)
        return
    own = identity(tmp_path, "agent:shop-1")
    lived(tmp_path / "agent")
    config = AgentConfig("shop-1", "sfo3", own, tmp_path / "run/endpoint.json", tmp_path / "agent", ("127.0.0.1", 0))
    agent = AgentServer(config, FakeProber())
    run(agent.start())
    tls = client_context(identity(tmp_path, "controller:controller-1"))
    app = AgentApp("shop-1", "127.0.0.1", tls, "controller-1", port=agent.port)
    other = Client("127.0.0.1", agent.port, client_context(identity(tmp_path, "agent:shop-9")), "agent", "shop-1")

    def promise(epoch: Epoch, wait_s: float) -> None:
        body = {"agent": "shop-9", "region": "nyc3", "epoch": epoch, "wait_s": wait_s}
        answer = run(other.ask("/v1/promise", body, 5.0))
        assert answer.body.get("promised") is True, answer

    yield Server(app, lambda: run(agent.stop()), promise)
    other.close()
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


def test_a_standby_whose_database_was_rebuilt_reads_from_the_new_one(server: Server, run: Run) -> None:
    standby = replace(WRITER, role=Role.STANDBY)
    for endpoint in (standby, replace(standby, host="10.20.0.21")):
        run(server.app.point(endpoint))
        assert run(server.app.view()).endpoint == endpoint


def test_watching_is_refused_under_a_smaller_epoch(server: Server, run: Run) -> None:
    run(server.app.point(WRITER))
    run(server.app.watch(Epoch(2), [TARGET], 1.0, 1.2))
    run(server.app.watch(Epoch(2), [TARGET], 1.0, 1.2))
    with pytest.raises(Refused):
        run(server.app.watch(Epoch(1), [TARGET], 1.0, 1.2))


PERMIT = PermitTerms()
SELF = Promisor("shop-1", "127.0.0.1:9470")


def test_terms_are_refused_under_a_smaller_epoch(server: Server, run: Run) -> None:
    run(server.app.point(WRITER))
    for _ in range(2):
        run(server.app.terms(Epoch(2), PERMIT, ["203.0.113.130:9471"], [SELF]))
    with pytest.raises(Refused, match="has seen epoch 2"):
        run(server.app.terms(Epoch(1), PERMIT, [], []))


def test_who_never_promised_says_so_when_revoked(server: Server, run: Run) -> None:
    """None and "just now" are far apart: from the one a wait begins, from the other it does not."""
    assert run(server.app.revoke(Epoch(1))) is None
    assert run(server.app.revoke(Epoch(1))) is None


def test_while_a_promise_runs_it_is_not_opened(server: Server, run: Run) -> None:
    """RetryLater with what is left, and the view says the same; closing it is allowed at any time."""
    run(server.app.terms(Epoch(1), PERMIT, [], [SELF]))
    server.promise(Epoch(1), PERMIT.wait_s)
    with pytest.raises(RetryLater) as caught:
        run(server.app.point(WRITER))
    assert PERMIT.wait_s / 2 < caught.value.after_s <= PERMIT.wait_s
    promise = run(server.app.view()).promise
    assert promise is not None
    assert promise.epoch == 1
    assert PERMIT.wait_s / 2 < promise.left_s <= PERMIT.wait_s
    assert run(server.app.view()).endpoint is None
    ago_s = run(server.app.revoke(Epoch(1)))
    assert ago_s is not None
    assert 0 <= ago_s < PERMIT.wait_s / 2
    run(server.app.point(replace(WRITER, role=Role.STANDBY)))
    assert run(server.app.view()).endpoint == replace(WRITER, role=Role.STANDBY)


def test_a_bridge_is_there_until_it_is_left_out(server: Server, run: Run) -> None:
    standby, bridge = replace(WRITER, role=Role.STANDBY), Bridge("198.51.100.20", BridgeWhat.WRITES)
    run(server.app.point(standby, bridge))
    assert run(server.app.view()).bridge == BridgeAtWork(bridge, 0)
    run(server.app.point(standby, bridge))
    assert run(server.app.view()).bridge == BridgeAtWork(bridge, 0)
    run(server.app.point(standby))
    assert run(server.app.view()).bridge is None


def test_a_dead_agent_is_unreachable(server: Server, run: Run) -> None:
    run(server.app.view())
    server.die()
    with pytest.raises(Unreachable):
        run(server.app.view())
    with pytest.raises(Unreachable):
        run(server.app.point(WRITER))
