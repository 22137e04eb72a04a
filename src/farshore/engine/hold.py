"""Between plans: keep the world as the grant says. Late fences, and app servers that came back with an old endpoint.

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
from farshore.plan.step import StepKind


def keep(state: State, now_s: float, effects: list[Effect]) -> State:
    grant = state.grant
    if grant is None or state.ledger.active or state.ledger.aborted is not None:
        return state
    plan = build.hold(state.group, grant.epoch, grant.holder)
    wanted = {
        StepKind.FENCE_APP: _astray(state, grant, plan.from_region, Role.STANDBY),
        StepKind.FENCE_DATABASE: bool(state.ledger.unfenced),
        StepKind.OPEN_CHECKOUT: _astray(state, grant, plan.to_region, Role.WRITER),
    }
    for step in plan.steps:
        if not wanted[step.kind] or (plan.id, step.kind) in state.in_flight:
            continue
        if step.kind not in state.ledger.holding:  # its intent stands in the journal until it is done
            state = note(state, StepStarted(now_s, plan.id, step.kind, 1), effects)
        state = replace(state, in_flight=state.in_flight | {(plan.id, step.kind)})
        effects.append(Perform(plan, step.kind, 1, step.attempt_s, state.ledger.events))
    return state


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
    return False
