"""await_permit: until W has passed since the last renewal that counted. Nobody of the old epoch takes an order then.

It runs beside the fence and needs nobody: whichever is done first lets the plan go on.
"""

from farshore.engine.steps.context import Done, StepContext
from farshore.plan.journal import StepDone
from farshore.plan.step import StepKind

TURN_S = 0.5


async def perform(ctx: StepContext) -> Done:
    clock = ctx.world.clock
    wait_s = ctx.group.permit.wait_s
    from_s = _waits_from_s(ctx)
    until_s = (clock.now_s() if from_s is None else from_s) + wait_s
    while (left_s := until_s - clock.now_s()) > 0:
        await clock.sleep(min(left_s, TURN_S))
    return Done(f"{wait_s:.2f} s after the last renewal that counted")


def _waits_from_s(ctx: StepContext) -> float | None:
    """None where the revoke was done by hand, or on another machine or boot, whose clock says nothing here."""
    for event in ctx.events:
        if isinstance(event, StepDone) and event.plan == ctx.plan.id and event.step is StepKind.REVOKE:
            facts = event.facts
            if facts.get("boot") == ctx.world.clock.boot() and isinstance(facts.get("waits_from_s"), int | float):
                return float(facts["waits_from_s"])
    return None
