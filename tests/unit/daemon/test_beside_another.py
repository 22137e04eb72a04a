"""A controller does not start beside another one with a state file of its own; the agents are the witnesses."""

import asyncio
import shutil
from pathlib import Path

import pytest

from farshore.daemon.beside_another import SILENCE_S, refuse_beside_another
from farshore.daemon.identity import controller_id
from farshore.daemon.lock import Lock
from farshore.engine.world import World
from farshore.model.failure import Refused
from farshore.model.region import RegionName
from farshore.ports.app import AgentView, Heard
from farshore.sim.fake_app import FakeApp, FakeApps
from farshore.sim.fake_clock import FakeClock
from farshore.sim.fake_cloud import FakeCloud
from farshore.sim.fake_coordination import FakeCoordination
from farshore.sim.fake_database import fake_pair
from farshore.sim.fake_dns import FakeDns
from farshore.sim.fake_evidence import FakeEvidence
from farshore.sim.fake_notifier import FakeNotifier
from farshore.sim.fake_prober import FakeProber

NYC, SFO = RegionName("nyc3"), RegionName("sfo3")
OTHER = "controller@ops2:/root/state.db#12345678"


class NeverAnswers(FakeApp):
    """As the agent of a dead region: no refusal comes back, only silence."""

    async def view(self, runs: bool = False) -> AgentView:
        await asyncio.Event().wait()
        raise AssertionError


def _world(*apps: FakeApp) -> World:
    clock = FakeClock()
    database, _ = fake_pair(clock)
    regions = {region: FakeApps([app for app in apps if app.place == region]) for region in (NYC, SFO)}
    return World(
        clock,
        FakeCoordination(clock),
        FakeProber(),
        FakeCloud(),
        FakeDns(clock),
        regions,
        lambda server: database,
        FakeNotifier(),
        FakeEvidence(),
    )


def _start(*apps: FakeApp) -> None:
    asyncio.run(refuse_beside_another(_world(*apps)))


def _app(name: str, region: RegionName, age_s: float | None = None, kind: type[FakeApp] = FakeApp) -> FakeApp:
    app = kind(name, region)
    app.heard = None if age_s is None else Heard(OTHER, age_s)
    return app


def test_one_witness_is_enough_and_the_sentence_says_who_where_when_and_what_to_do() -> None:
    with pytest.raises(Refused) as caught:
        _start(_app("web-1", NYC), _app("web-2", SFO, 0.3), _app("web-3", SFO, 4.0))
    assert str(caught.value) == (
        f"Another controller acts for this group, with a state file of its own: {OTHER} spoke to agent web-2 in sfo3 "
        "0.3 s ago. Leave it to that one, or stop it: 5 s after its last word this one starts."
    )


def test_a_controller_that_fell_silent_is_replaced() -> None:
    """Its host is dead: nobody has to be asked, and nothing has to be forced."""
    _start(_app("web-1", NYC, SILENCE_S), _app("web-2", SFO, 600.0))


def test_nobody_was_heard_or_nobody_answers() -> None:
    silent = _app("web-1", NYC, 0.1)
    silent.reachable = False
    _start(silent, _app("web-2", SFO))
    _start()


def test_a_dead_region_hides_no_witness_and_does_not_hold_the_start_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A restart in the middle of a failover waits for the living, and for the dead no longer than it must."""
    monkeypatch.setattr("farshore.daemon.beside_another.ASK_S", 3600.0)
    monkeypatch.setattr("farshore.daemon.beside_another.LATER_S", 0.01)
    _start(_app("web-1", NYC, kind=NeverAnswers), _app("web-2", SFO))
    with pytest.raises(Refused):
        _start(_app("web-1", NYC, kind=NeverAnswers), _app("web-2", SFO, 0.1))


def test_all_regions_dead_is_no_reason_to_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("farshore.daemon.beside_another.ASK_S", 0.01)
    _start(_app("web-1", NYC, kind=NeverAnswers), _app("web-2", SFO, kind=NeverAnswers))


def test_the_name_is_of_the_state_file(tmp_path: Path) -> None:
    """The same after every restart; another for another file, and for a copy of the whole folder."""

    def name(folder: Path, file: str = "state.db", controller: str = "controller") -> str:
        with Lock(folder / file, "a test"):
            return controller_id(controller, folder / file)

    first = name(tmp_path)
    assert first.startswith("controller@")
    assert f":{tmp_path}/state.db#" in first
    assert name(tmp_path) == first
    assert name(tmp_path, "other.db") != first
    assert name(tmp_path, controller="second") != first
    copy = tmp_path.with_name(tmp_path.name + "-copy")
    shutil.copytree(tmp_path, copy)
    shutil.move(tmp_path, tmp_path.with_name("gone"))
    shutil.move(copy, tmp_path)
    assert name(tmp_path) != first, "in the same place, and yet somebody else"
