"""Carrying a plan out: start it, begin what may begin, take in how attempts ended. Part of the machine; pure."""

from dataclasses import replace

from farshore.decide.observation import PlanPhase
from farshore.engine.effects import Effect, Forget, Perform, Tell, WakeAt
from farshore.engine.inputs import StepEnded
from farshore.engine.note import note
from farshore.engine.state import Markers, State
from farshore.model.grant import Grant
from farshore.model.region import Epoch
from farshore.model.verdict import Verdict
from farshore.plan import build, planned
from farshore.plan.journal import (
    BY_PLAN,
    Granted,
    PlanFinished,
    PlanStarted,
    PlanStuck,
    StepDone,
    StepFailed,
    StepSkipped,
    StepStarted,
)
from farshore.plan.next import Finish, Run, Skip, Stuck, Wait, next_actions
from farshore.plan.plan import HOLD_PREFIX, Plan, PlanKind
from farshore.plan.step import StepKind
from farshore.ports.notifier import Notice

MARKER_SILENT_S = 2.5  # a writer that took no marker for so long counts as unreachable


def failover_plan(state: State, now_s: float, verdict: Verdict | None = None, accept_loss: bool = False) -> Plan | None:
    """The failover that would be carried out now; None before the first grant."""
    if state.grant is None:
        return None
    marks = state.markers
    reachable = not marks.failing and marks.written_at_s is not None and now_s - marks.written_at_s < MARKER_SILENT_S
    return build.failover(
        state.group,
        next_epoch(state),
        state.grant.holder,
        old_database_reachable=reachable,
        accept_loss=accept_loss,
        rule=verdict.rule if verdict else "",
        because=verdict.because if verdict else "",
    )


def switchover_plan(state: State, verdict: Verdict | None = None) -> Plan | None:
    """The planned change that would be carried out now; None before the first grant."""
    if state.grant is None:
        return None
    rule, because = (verdict.rule, verdict.because) if verdict else ("", "")
    return planned.switchover(state.group, next_epoch(state), state.grant.holder, rule=rule, because=because)


def next_epoch(state: State) -> Epoch:
    """Larger than anything any agent or database may have seen."""
    granted = state.grant.epoch if state.grant is not None else 0
    return Epoch(max(granted, state.ledger.epoch_max) + 1)


def start_failover(state: State, verdict: Verdict, now_s: float, effects: list[Effect]) -> State:
    said = state.standing(now_s)
    return _start(
        state, failover_plan(state, now_s, verdict, accept_loss=said is not None and said.accept_loss), now_s, effects
    )


def start_switchover(state: State, verdict: Verdict, now_s: float, effects: list[Effect]) -> State:
    return _start(state, switchover_plan(state, verdict), now_s, effects)


def _start(state: State, plan: Plan | None, now_s: float, effects: list[Effect]) -> State:
    said = state.standing(now_s)
    if plan is None or state.in_flight:
        return state  # an attempt of an earlier plan has not ended yet; the next tick looks again
    if said is not None and said.plan and said.plan != plan.checksum:
        title = f"{state.group.name}: the approved plan is not the one that fits now"
        text = f"You approved {said.plan}; what would be done now is {plan.checksum}. Print it and approve it."
        effects.append(Tell(Notice(state.group.name, "warning", title, text)))
        return note(state, replace(said, at_s=now_s, answer=f"refused: {text}", stands_s=0.0), effects)
    behind_s, word = state.markers.seen(now_s).behind_s, said.revision if said is not None else 0
    lost = plan.kind is PlanKind.FAILOVER
    budget_s = state.group.thresholds.rpo_budget_s if lost else None
    state = note(state, PlanStarted(now_s, plan, behind_s, budget_s, word), effects)
    title = f"{state.group.name}: {'failing' if lost else 'switching'} over from {plan.from_region} to {plan.to_region}"
    level = "critical" if lost else "info"
    effects.append(Tell(Notice(state.group.name, level, title, f"{plan.because} (rule {plan.rule})")))
    return state


def start_reopen(state: State, now_s: float, effects: list[Effect]) -> State:
    """An aborted failover left the holder's door shut; open it under a new epoch once nothing is in flight."""
    if state.ledger.aborted is None or state.in_flight or state.grant is None:
        return state
    because = f"The operator aborted {state.ledger.aborted.id}."
    plan = build.reopen(state.group, next_epoch(state), state.grant.holder, because=because)
    return note(state, PlanStarted(now_s, plan), effects)


def ended(state: State, given: StepEnded, now_s: float, effects: list[Effect]) -> State:
    """An attempt is over. While the journal cannot be written its answer is lost, and the step is done again later."""
    state = replace(state, in_flight=state.in_flight - {(given.plan, given.step)})
    if not (state.leads(now_s) and state.loaded and state.store_ok):
        return state
    plan = state.ledger.plan
    standing = given.plan.startswith(HOLD_PREFIX)
    if not standing and (plan is None or plan.id != given.plan):
        return state
    if given.failed:
        if standing:
            return state  # a late fence is tried each tick; a line for each would fill the disk
        failed = StepFailed(now_s, given.plan, given.step, given.failed, given.retry, given.after_s)
        return note(state, failed, effects)
    if given.step is StepKind.GRANT and plan is not None:
        # Before the step's own line: a crash in between repeats the step, which finds its grant and writes both.
        grant = Grant(plan.epoch, plan.to_region)
        state = note(state, Granted(now_s, grant.epoch, grant.holder), effects)
        state = replace(state, grant=grant, markers=Markers(), down_since_s=None, renewed_since_s=None)
    state = note(state, StepDone(now_s, given.plan, given.step, given.detail, given.left, given.facts), effects)
    if given.step in (StepKind.RETIRE_DATABASE, StepKind.AWAIT_STANDBY) and plan is not None:
        effects.append(Forget(plan.to_region))
    if given.step in (StepKind.FENCE_APP, StepKind.OPEN_CHECKOUT):
        state = replace(state, views=dict.fromkeys(state.views))  # taken before the change: ask again
    return state


def advance(state: State, now_s: float, effects: list[Effect]) -> State:
    """Begin every step of the active plan that may begin at `now_s`; again, until nothing more follows."""
    while state.phase is PlanPhase.RUNNING and not state.ledger.held:
        plan = state.ledger.plan
        if plan is None:
            return state
        busy = frozenset(kind for owner, kind in state.in_flight if owner == plan.id)
        again = False
        for action in next_actions(plan, state.ledger.events, now_s, busy):
            match action:
                case Run(step=what, attempt=attempt):
                    state = note(state, StepStarted(now_s, plan.id, what.kind, attempt), effects)
                    state = replace(state, in_flight=state.in_flight | {(plan.id, what.kind)})
                    effects.append(Perform(plan, what.kind, attempt, what.attempt_s, state.ledger.events))
                case Skip(step=what, why=why):
                    state = note(state, StepSkipped(now_s, plan.id, what.kind, why, BY_PLAN), effects)
                    again = True
                case Wait(until_s=until_s):
                    effects.append(WakeAt(until_s))
                case Stuck(step=what, why=why):
                    state = note(state, PlanStuck(now_s, plan.id, what.kind, why), effects)
                    title = f"{state.group.name}: {plan.id} is stuck at {what.kind}"
                    effects.append(Tell(Notice(state.group.name, "critical", title, why)))
                case Finish():
                    state = note(state, PlanFinished(now_s, plan.id), effects)
        if not again:
            return state
    return state
