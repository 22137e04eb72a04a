"""Keep the world as the grant says: late fences, and app servers that came back with an old endpoint.

Level-triggered, each tick, and never undone. Part of the machine; pure.
"""

from dataclasses import replace

from farshore.engine.effects import Effect, Perform
from farshore.engine.note import note
from farshore.engine.state import State
from farshore.model.grant import Grant
from farshore.model.region import RegionName, Role
from farshore.plan import build
from farshore.plan.journal import StepStarted
from farshore.plan.plan import PlanKind
from farshore.plan.progress import Stage, progress
from farshore.plan.step import StepKind
from farshore.ports.app import AgentView, BridgeWhat

FENCE_INTERVAL_S = 1.0  # a database that does not answer is not asked with every tick


def keep(state: State, now_s: float, effects: list[Effect]) -> State:
    if state.grant is None or state.ledger.aborted is not None:
        return state
    due = bool(state.ledger.unfenced) and now_s >= state.fence_tried_s + FENCE_INTERVAL_S
    grant = _grant(state, state.grant)
    plan = build.hold(state.group, grant.epoch, grant.holder)
    free = _free(state)
    wanted = {
        StepKind.FENCE_APP: StepKind.FENCE_APP in free and _astray(state, grant, plan.from_region, Role.STANDBY),
        StepKind.FENCE_DATABASE: StepKind.FENCE_DATABASE in free and due,
        StepKind.OPEN_CHECKOUT: StepKind.OPEN_CHECKOUT in free and _astray(state, grant, plan.to_region, Role.WRITER),
    }
    for step in plan.steps:
        if not wanted[step.kind] or (plan.id, step.kind) in state.in_flight:
            continue
        if step.kind not in state.ledger.holding:  # its intent stands in the journal until it is done
            state = note(state, StepStarted(now_s, plan.id, step.kind, 1), effects)
        tried_s = now_s if step.kind is StepKind.FENCE_DATABASE else state.fence_tried_s
        state = replace(state, in_flight=state.in_flight | {(plan.id, step.kind)}, fence_tried_s=tried_s)
        effects.append(Perform(plan, step.kind, 1, step.attempt_s, state.ledger.events))
    return state


def _grant(state: State, grant: Grant) -> Grant:
    """What the world is held to: while a plan runs, its fences already belong to the epoch that it will grant."""
    plan = state.ledger.plan
    if not state.ledger.active or plan is None or plan.kind is PlanKind.REBUILD:
        return grant
    return Grant(plan.epoch, plan.to_region)


def _free(state: State) -> frozenset[StepKind]:
    """The steps that no plan has in hand: all of them between plans; of a running plan, the fences it gave up."""
    plan = state.ledger.plan
    if not state.ledger.active or plan is None or plan.kind is PlanKind.REBUILD:
        return frozenset({StepKind.FENCE_APP, StepKind.FENCE_DATABASE, StepKind.OPEN_CHECKOUT})
    known = progress(plan, state.ledger.events)
    fences = (StepKind.FENCE_APP, StepKind.FENCE_DATABASE)
    return frozenset(kind for kind in fences if kind in known and known[kind].stage is Stage.SKIPPED)


def _astray(state: State, grant: Grant, region: RegionName, role: Role) -> bool:
    """Some agent that answers has another endpoint than the grant gives it. A larger epoch is not ours to lower."""
    for (where, _), view in state.views.items():
        if where != region or view is None:
            continue
        endpoint = view.endpoint
        if endpoint is None:
            return True
        if endpoint.epoch <= grant.epoch and (endpoint.epoch, endpoint.role) != (grant.epoch, role):
            return True
        if role is Role.STANDBY and _bridges_wrongly(state, region, view):
            return True
    return False


def _bridges_wrongly(state: State, region: RegionName, view: AgentView) -> bool:
    """Late visitors are not handed over, or read pages from a database that does not follow the writer's.

    While nobody knows whether it follows, what is there stays. Markers tell of the standby of the grant on record, and
    a plan that is stuck behind its promotion is already held to another one.
    """
    if view.bridge is None:
        return True
    marks, grant = state.markers, state.grant
    if marks.read_at_s is None or grant is None or region == grant.holder:
        return False
    follows = marks.follows and marks.read is not None
    return view.bridge.bridge.what is not (BridgeWhat.WRITES if follows else BridgeWhat.ALL) and (
        follows or not marks.follows
    )
