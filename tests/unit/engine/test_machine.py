"""The machine alone: pure, silent without leadership, and never an effect before its line in the journal."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_world import NYC, SFO, group

from farshore.decide.observation import MarkerSeen
from farshore.engine.effects import Append, FirstGrant, Load, Perform
from farshore.engine.inputs import (
    AgentSeen,
    GrantMade,
    Input,
    Led,
    Loaded,
    MarkerNotWritten,
    MarkerRead,
    MarkerWritten,
    NotLed,
    OperatorRead,
    Saw,
    StepEnded,
    StoreFailed,
    Tick,
    Woke,
)
from farshore.engine.last_marker import KEY, LastMarker, from_status
from farshore.engine.machine import step
from farshore.engine.state import State, observe
from farshore.model.grant import Grant
from farshore.model.operator import OperatorWord, Word
from farshore.model.region import Endpoint, Epoch, RegionName, Role
from farshore.model.sighting import Door, Marker, Sighting
from farshore.plan.journal import Granted, PlanStarted, StepStarted
from farshore.plan.step import StepKind
from farshore.ports.app import AgentView

GRANT = Grant(Epoch(1), NYC)
FIRST = Granted(0.0, Epoch(1), NYC)


def led(state: State, now_s: float = 0.0) -> State:
    state = step(state, Led(1, now_s + 5.0), now_s).state
    return step(state, Loaded((FIRST,), GRANT, 1), now_s).state


def sights(*, up: bool) -> Saw:
    return Saw(
        tuple(
            Sighting(vantage, place, door, region, up or region == SFO or door is Door.REFERENCE, 9, 0.0)
            for vantage, place in (("c1", "lon1"), ("a1", "ams3"))
            for door, region in (
                (Door.REFERENCE, RegionName("r")),
                (Door.BROWSE, NYC),
                (Door.BUY, NYC),
                (Door.BROWSE, SFO),
            )
        )
    )


def ready(*, up: bool) -> State:
    state = led(State(group(), "c1"))
    for known in (sights(up=up), MarkerWritten(7), MarkerRead(Marker(Epoch(1), 7))):
        state = step(state, known, 0.0).state
    return state


def test_a_dead_writer_is_failed_over_in_one_tick() -> None:
    out = step(ready(up=False), Tick(), 0.1)
    appended = [e.event for e in out.effects if isinstance(e, Append)]
    assert any(isinstance(event, PlanStarted) for event in appended)
    assert [e.step for e in out.effects if isinstance(e, Perform)][:3] == [
        StepKind.FENCE_APP,
        StepKind.FENCE_DATABASE,
        StepKind.SWITCH_DNS,
    ]


def rule(state: State) -> str:
    assert state.verdict is not None
    return state.verdict.rule


def test_a_standby_that_has_just_caught_up_may_mean_a_writer_that_is_back() -> None:
    """The cut is mended: the marker passes at once, and the newest look at the door is still that of the outage."""
    state = step(ready(up=False), MarkerWritten(20), 0.0).state
    state = step(state, Tick(), 0.1).state
    assert rule(state) == "V90"
    state = step(state, MarkerRead(Marker(Epoch(1), 20)), 1.0).state
    just = step(state, Tick(), 1.1).state
    assert rule(just) == "V92"
    assert just.ledger.plan is None

    back = step(step(just, sights(up=True), 2.0).state, Tick(), 2.1).state
    assert rule(back) == "V50"
    for now_s in (3.0, 4.0, 5.0, 5.5):
        just = step(just, Led(1, now_s + 5.0), now_s).state
        for known in (sights(up=False), MarkerRead(Marker(Epoch(1), 20))):
            just = step(just, known, now_s).state
    dead = step(just, Tick(), 5.6).state
    assert rule(dead) == "V100", "it was looked at again, and is down"


def test_a_marker_that_nobody_has_seen_yet_is_not_a_stale_one() -> None:
    """Or a controller that takes over in an outage would wait before it acts."""
    state = step(led(State(group(), "c1")), sights(up=False), 0.0).state
    state = step(state, Tick(), 0.1).state
    assert rule(state) == "V75"
    for known in (MarkerWritten(7), MarkerRead(Marker(Epoch(1), 7))):
        state = step(state, known, 0.2).state
    assert rule(step(state, Tick(), 0.3).state) == "V100"


def test_the_same_input_gives_the_same_output() -> None:
    state = ready(up=False)
    assert step(state, Tick(), 0.1) == step(state, Tick(), 0.1)


def test_a_late_loop_has_no_eyes() -> None:
    """Two vantage points agree, but one of them is a controller that was asleep."""
    state = ready(up=False)
    late = step(state, Tick(0.2), 0.1).state.verdict
    assert late is not None
    assert late.rule == "V70"
    assert {s.vantage for s in observe(state, 0.1, 0.2).sightings} == {"a1"}
    assert {s.vantage for s in observe(state, 0.1, 0.05).sightings} == {"a1", "c1"}


def test_an_earlier_leaders_marker_proves_nothing() -> None:
    state = led(State(group(), "c1"))
    state = step(state, MarkerRead(Marker(Epoch(1), 900)), 0.0).state
    state = step(state, MarkerWritten(7), 0.0).state
    assert observe(state, 0.0).marker.behind_s is None
    state = step(state, MarkerRead(Marker(Epoch(2), 7)), 0.0).state
    assert observe(state, 0.0).marker.behind_s is None, "nor does one of another epoch"
    state = step(state, MarkerRead(Marker(Epoch(1), 7)), 0.0).state
    assert observe(state, 0.0).marker == MarkerSeen(7, 0.0, 7, 0.0)


@pytest.mark.parametrize(
    ("last", "behind_s"),
    [
        (LastMarker(Epoch(1), 900, 97.5, "boot"), 3.5),  # 2.5 s in which nobody watched, and one more marker's worth
        (LastMarker(Epoch(1), 902, 97.5, "boot"), 5.5),  # the standby lacks two
        (LastMarker(Epoch(2), 900, 97.5, "boot"), None),  # another epoch's
        (None, None),
    ],
)
def test_a_leader_after_the_writers_death_knows_what_the_last_one_knew(
    last: LastMarker | None, behind_s: float | None
) -> None:
    state = step(State(group(), "c1"), Led(1, 200.0), 100.0).state
    state = step(state, Loaded((FIRST,), GRANT, 1, last), 100.0).state
    assert observe(state, 100.0).marker.behind_s is None, "the standby has not answered yet"
    state = step(state, MarkerRead(Marker(Epoch(1), 900)), 100.0).state
    assert observe(state, 100.0).marker.behind_s == behind_s
    state = step(step(state, MarkerWritten(950), 101.0).state, MarkerRead(Marker(Epoch(1), 950)), 101.0).state
    assert observe(state, 101.0).marker.behind_s == 0.0, "our own marker has passed"


def test_the_status_record_keeps_the_marker_for_the_same_boot_only() -> None:
    kept = json.dumps({KEY: LastMarker(Epoch(3), 12, 40.0, "monday").as_json(), "group": "shop"})
    assert from_status(kept, "monday") == LastMarker(Epoch(3), 12, 40.0, "monday")
    assert from_status(kept, "tuesday") is None
    for broken in ("", "{}", "[]", '{"last_marker": {"epoch": null}}'):
        assert from_status(broken, "monday") is None


def test_an_agent_cannot_say_where_it_stands() -> None:
    """Independence is counted by place, so a place is what we know and not what we are told."""
    liar = AgentView("a1", "mars", None, (Sighting("c1", "mars", Door.BROWSE, NYC, False, 9, 0.0),))
    state = step(led(State(group(), "c1")), AgentSeen(SFO, liar), 0.0).state
    assert {(s.sighting.vantage, s.sighting.place) for s in state.seen.values()} == {("a1", "sfo3")}


def test_a_group_that_was_never_granted_gets_its_first_epoch_written_down_first() -> None:
    state = step(State(group(), "c1"), Led(1, 5.0), 0.0).state
    out = step(state, Loaded((), None, 1), 0.0)
    assert [type(e) for e in out.effects] == [Append, FirstGrant]


def test_a_failed_append_forgets_what_was_not_written() -> None:
    """The ledger in memory ran ahead; it is read again before anything else is done."""
    out = step(ready(up=False), Tick(), 0.1)
    dropped = frozenset((e.plan.id, e.step) for e in out.effects if isinstance(e, Perform))
    state = step(out.state, StoreFailed("full", dropped), 0.1).state
    assert not state.in_flight
    out = step(state, Tick(), 0.2)
    assert [type(e) for e in out.effects] == [Load]
    assert out.state.verdict is not None
    assert out.state.verdict.rule == "V10"
    again = step(out.state, Loaded((FIRST,), GRANT, 1), 0.3)
    assert not again.state.ledger.active


def test_a_journal_read_under_another_term_is_not_believed() -> None:
    """Somebody else may have led, and written, in between."""
    state = step(State(group(), "c1"), Led(2, 5.0), 0.0).state
    state = step(state, Loaded((), None, 1), 0.0).state
    assert not state.loaded
    assert step(state, Loaded((FIRST,), GRANT, 2), 0.0).state.loaded


def carried_to(kind: StepKind) -> State:
    """A failover in which every step before `kind` is done and `kind` has just begun."""
    out = step(ready(up=False), Tick(), 0.1)
    while ("failover-2", kind) not in out.state.in_flight:
        plan, done = sorted(out.state.in_flight)[0]
        out = step(out.state, StepEnded(plan, done), 0.1)
    return out.state


def says(word: Word, revision: int = 1) -> OperatorRead:
    return OperatorRead(OperatorWord(word, "ann", revision=revision))


def test_an_abort_comes_too_late_once_the_grant_was_begun() -> None:
    """Its swap may have happened although nobody has heard of it: two writers, if the old one were reopened."""
    state = step(carried_to(StepKind.GRANT), says(Word.ABORT), 0.2).state
    assert state.ledger.active
    assert state.ledger.answer.startswith("too late")
    before = step(carried_to(StepKind.AWAIT_WRITABLE), says(Word.ABORT), 0.2).state
    assert not before.ledger.active


def test_nothing_begins_while_an_aborted_plans_step_is_still_out() -> None:
    """A late fence of the aborted plan must not hit the region that is being reopened."""
    aborted = step(carried_to(StepKind.AWAIT_WRITABLE), says(Word.ABORT), 0.2).state
    ordered = step(aborted, says(Word.FAILOVER, 2), 0.3).state
    for state in (aborted, ordered):
        assert state.in_flight
        assert not step(state, Tick(), 0.4).state.ledger.active
        for plan, kind in state.in_flight:
            state = step(state, StepEnded(plan, kind, failed="It was broken off."), 0.5).state
        assert step(state, Tick(), 0.6).state.ledger.active


def test_an_agent_that_has_seen_a_larger_epoch_is_not_pulled_back() -> None:
    ahead = AgentView("a1", "nyc3", Endpoint(Epoch(9), Role.STANDBY, NYC, "db", 25060), ())
    behind = AgentView("a2", "nyc3", None, ())
    for view, expected in ((ahead, []), (behind, [StepKind.OPEN_CHECKOUT])):
        state = step(ready(up=True), AgentSeen(NYC, view), 0.0).state
        assert [e.step for e in step(state, Tick(), 0.1).effects if isinstance(e, Perform)] == expected


given_inputs = st.one_of(
    st.builds(Tick, st.sampled_from((0.0, 0.5))),
    st.just(Woke()),
    st.builds(Led, st.integers(1, 3), st.floats(0, 60)),
    st.just(NotLed("another")),
    st.just(Loaded((FIRST,), GRANT, 1)),
    st.just(Loaded((), None, 1)),
    st.just(GrantMade(GRANT)),
    st.just(StoreFailed("full")),
    st.builds(lambda up: sights(up=up), st.booleans()),
    st.builds(MarkerWritten, st.integers(1, 9)),
    st.just(MarkerNotWritten("no")),
    st.builds(lambda n: MarkerRead(Marker(Epoch(1), n)), st.integers(1, 9)),
    st.builds(
        lambda word, revision, paused, kind: OperatorRead(
            OperatorWord(word, "ann", step=kind, paused=paused, revision=revision)
        ),
        st.sampled_from(Word),
        st.integers(0, 5),
        st.booleans(),
        st.sampled_from(StepKind),
    ),
    st.builds(
        lambda kind, failed, retry: StepEnded("failover-2", kind, failed=failed, retry=retry),
        st.sampled_from(StepKind),
        st.sampled_from(("", "no")),
        st.booleans(),
    ),
)


@settings(max_examples=300, deadline=None)
@given(st.booleans(), st.lists(st.tuples(given_inputs, st.floats(0.0, 2.0)), max_size=40))
def test_whatever_happens_nothing_is_done_unled_or_unwritten(dying: bool, story: list[tuple[Input, float]]) -> None:
    """Any sequence of inputs: no action without the lease and a journal, and its intent always stands before it."""
    state, now_s = (ready(up=False) if dying else State(group(), "c1")), 0.0
    written: set[tuple[str, StepKind]] = set()
    for given_input, later_s in [(Tick(), 0.0), *story] if dying else story:
        now_s += later_s
        out = step(state, given_input, now_s)
        for effect in out.effects:
            if isinstance(effect, Append) and isinstance(effect.event, StepStarted):
                written.add((effect.event.plan, effect.event.step))
            if isinstance(effect, Perform):
                assert out.state.leads(now_s)
                assert out.state.loaded
                assert (effect.plan.id, effect.step) in written or effect.plan.id.startswith("hold-")
                assert (effect.plan.id, effect.step) not in state.in_flight, "begun twice"
            if isinstance(effect, Append | Perform | FirstGrant):
                assert out.state.leads(now_s)
        state = out.state
