"""The controller as a pure function: `(state, input, now) -> (state, effects)`.

Inputs update what is known; a tick decides; the journal says how far a plan is. What is returned is data: the shell
performs it in order and feeds back what happened, and the simulator runs this very function in virtual time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from farshore.decide.facts import away_and_well, derive
from farshore.decide.observation import PlanPhase
from farshore.decide.predict import would
from farshore.decide.quorum import Gate, remember_down
from farshore.decide.table import decide
from farshore.engine import carry, exposed, hold, obey
from farshore.engine.effects import CancelAll, Effect, FirstGrant, Load, Tell
from farshore.engine.inputs import (
    AgentSeen,
    AgentSilent,
    GrantMade,
    Input,
    Led,
    Loaded,
    MarkerNotWritten,
    MarkerRead,
    MarkerWritten,
    NotLed,
    OperatorRead,
    Renewed,
    Saw,
    StepEnded,
    StoreFailed,
    Tick,
    Woke,
)
from farshore.engine.note import note
from farshore.engine.state import FIRST_EPOCH, MARKER_INTERVAL_S, Markers, Seen, State, observe
from farshore.model.grant import Grant
from farshore.model.operator import Word
from farshore.model.sighting import Sighting
from farshore.model.verdict import Call, Verdict
from farshore.plan.journal import Granted, VerdictChanged
from farshore.plan.ledger import fold_all
from farshore.ports.notifier import Notice

ASK_AGAIN_S = 60.0  # looks that flicker on a bad day must not ring somebody up each second
AT_ONCE = frozenset({Call.FAIL_OVER, Call.SWITCH_OVER, Call.ASK_OPERATOR})


@dataclass(frozen=True, slots=True)
class Output:
    state: State
    effects: tuple[Effect, ...] = ()


def step(state: State, given: Input, now_s: float) -> Output:
    """One input. Effects are in the order in which they must happen."""
    effects: list[Effect] = []
    match given:
        case Tick():
            state = _tick(state, given, now_s, effects)
        case OperatorRead():
            state = obey.obey(replace(state, operator=given.word), now_s, effects)
        case Woke():
            pass
        case StepEnded():
            state = carry.ended(state, given, now_s, effects)
        case Led() | NotLed() | Loaded() | GrantMade() | StoreFailed():
            state = _lead(state, given, now_s, effects)
        case _:
            return Output(_learn(state, given, now_s))
    if _acting(state, now_s):
        state = carry.advance(state, now_s, effects)
    return Output(state, tuple(effects))


def _acting(state: State, now_s: float) -> bool:
    """Nothing begins without leadership, a readable journal and a grant."""
    return state.leads(now_s) and state.loaded and state.store_ok and state.grant is not None


def _lead(
    state: State, given: Led | NotLed | Loaded | GrantMade | StoreFailed, now_s: float, effects: list[Effect]
) -> State:
    match given:
        case Led():
            if given.term != state.term or not state.leads(now_s):
                # A term that has lapsed may have been somebody else's meanwhile: read before acting.
                state = replace(state, loaded=False, markers=Markers())
                effects.append(Load(given.term))
            return replace(state, term=given.term, leads_until_s=given.until_s)
        case NotLed():
            if state.term:
                effects.append(CancelAll())
            return replace(state, term=0, leads_until_s=float("-inf"), loaded=False)
        case Loaded():
            return _loaded(state, given, now_s, effects)
        case GrantMade():
            return replace(state, grant=given.grant)
        case StoreFailed():
            return replace(state, store_ok=False, loaded=False, in_flight=state.in_flight - given.dropped)


def _loaded(state: State, given: Loaded, now_s: float, effects: list[Effect]) -> State:
    if given.term != state.term or state.loaded:
        return state  # read under another term, or twice
    markers = state.markers if given.grant == state.grant else Markers()
    last = given.last_marker
    if markers.written is None and last is not None and given.grant is not None and last.epoch == given.grant.epoch:
        unwatched_s = max(0.0, now_s - last.watched_s) + MARKER_INTERVAL_S
        markers = replace(markers, first=0, written=last.sequence, written_at_s=now_s, unwatched_s=unwatched_s)
    state = replace(
        state,
        store_ok=True,
        loaded=True,
        loaded_at_s=now_s,
        ledger=fold_all(given.events),
        grant=given.grant,
        markers=markers,
    )
    if given.grant is None and state.leads(now_s):
        first = Grant(FIRST_EPOCH, state.group.first.region)
        state = note(state, Granted(now_s, first.epoch, first.holder), effects)
        effects.append(FirstGrant(first))
    return state


def _learn(state: State, given: Input, now_s: float) -> State:
    match given:
        case Saw():
            return _saw(state, given.sightings, now_s)
        case AgentSeen():
            state = replace(state, views={**state.views, (given.region, given.view.agent): given.view})
            # Where an agent stands is what we know of it, not what it says: independence hangs on it.
            stamped = [replace(s, vantage=given.view.agent, place=given.region) for s in given.view.sightings]
            return _saw(state, stamped, now_s - given.took_s)
        case AgentSilent():
            return replace(state, views={**state.views, (given.region, given.agent): None})
        case Renewed():
            return _renewed(state, given, now_s)
        case MarkerWritten():
            first = state.markers.first if state.markers.first is not None else given.sequence
            marks = replace(
                state.markers, first=first, written=given.sequence, written_at_s=now_s, failing="", unwatched_s=0.0
            )
            return replace(state, markers=marks)
        case MarkerNotWritten():
            return replace(state, markers=replace(state.markers, failing=given.why))
        case MarkerRead():
            marks = replace(state.markers, read_at_s=now_s, follows=given.follows)
            ours = (
                given.marker is not None
                and state.grant is not None
                and given.marker.epoch == state.grant.epoch
                and marks.first is not None
                and given.marker.sequence >= marks.first
            )
            if ours and given.marker is not None:
                marks = replace(marks, read=given.marker.sequence)
            return replace(state, markers=marks)
    return state


def _renewed(state: State, given: Renewed, now_s: float) -> State:
    """A permit that had run out begins anew: its first renewal opens a checkout that was closed."""
    if state.grant is None or given.epoch != state.grant.epoch:
        return state
    ran_out = now_s - state.renewed_at_s > state.group.permit.d_s
    since_s = now_s if ran_out or state.renewed_since_s is None else state.renewed_since_s
    return replace(state, renewed_since_s=since_s, renewed_at_s=now_s)


def _saw(state: State, sightings: Sequence[Sighting], at_s: float) -> State:
    seen = dict(state.seen)
    for sighting in sightings:
        seen[(sighting.vantage, sighting.door, sighting.region)] = Seen(sighting, at_s)
    return replace(state, seen=seen)


def _tick(state: State, given: Tick, now_s: float, effects: list[Effect]) -> State:
    """Level-triggered: everything that is known, one verdict, and what follows from it."""
    if state.leads(now_s) and not state.loaded:
        effects.append(Load(state.term))
    observation = observe(state, now_s, given.lag_s)
    was_down = remember_down(observation.sightings, state.group.thresholds, state.was_down)
    observation = replace(observation, was_down=was_down)
    facts = derive(observation, state.group)
    down = facts.primary in (Gate.SHUT, Gate.SHUT_BY_FEW)
    stale = observation.marker.behind_s is not None and not facts.marker_fresh  # one that nobody knows is not stale
    stale_at_s = now_s if stale else state.stale_at_s
    well = away_and_well(facts, observation, state.group) and state.phase is PlanPhase.NONE
    verdict = decide(facts)
    same = state.verdict is not None and state.verdict.rule == verdict.rule
    state = replace(
        state,
        was_down=was_down,
        verdict_since_s=state.verdict_since_s if same else now_s,
        well_since_s=(state.well_since_s if state.well_since_s is not None else now_s) if well else None,
        down_since_s=(state.down_since_s if state.down_since_s is not None else now_s) if down else None,
        stale_at_s=stale_at_s if down else None,
        verdict=verdict,
        would=would(observation, state.group),
    )
    if not _acting(state, now_s):
        return state
    if observation.operator.word is Word.APPROVE and facts.primary is Gate.OPEN:
        # What was approved is over; an approval is not kept for another day.
        state = obey.lapse(state, "the writer serves", now_s, effects)
    state = exposed.watch(_say(state, verdict, now_s, effects), now_s, effects)
    if verdict.call is Call.FAIL_OVER:
        state = carry.start_failover(state, verdict, now_s, effects)
    elif verdict.call is Call.SWITCH_OVER:
        state = carry.start_switchover(state, verdict, now_s, effects)
    elif state.phase is PlanPhase.NONE:
        state = carry.start_reopen(state, now_s, effects)
    return hold.keep(state, now_s, effects)


def _say(state: State, verdict: Verdict, now_s: float, effects: list[Effect]) -> State:
    """Write a verdict down when it changes, and tell people when it asks them.

    What is only waited for has to last a whole interval: on a bad day the looks disagree every other second.
    """
    lasts = now_s - state.verdict_since_s >= state.group.thresholds.interval_s
    if verdict.rule == state.ledger.rule or not (lasts or verdict.call in AT_ONCE) or state.phase is PlanPhase.RUNNING:
        return state
    state = note(state, VerdictChanged(now_s, verdict.rule, verdict.call, verdict.because), effects)
    last_s = state.asked_at_s.get(verdict.rule, float("-inf"))
    if verdict.call is Call.ASK_OPERATOR and now_s - last_s >= ASK_AGAIN_S:
        state = replace(state, asked_at_s={**state.asked_at_s, verdict.rule: now_s})
        text = f"{verdict.because} (rule {verdict.rule})"
        effects.append(Tell(Notice(state.group.name, "critical", f"{state.group.name}: your word is needed", text)))
    return state
