"""prepare_promotion: everything the standby has received is applied, and PostgreSQL's retry sleep is short.

The fence is also the drain mark: a standby that shows the plan's epoch has every order committed before the fence.
"""

from farshore.engine.steps.context import Done, StepContext
from farshore.model.failure import Failure
from farshore.plan.step import StepKind

DRAIN_MARK_S = 1.5  # the link may have died with the writer; then the mark never comes
POLL_S = 0.02


async def perform(ctx: StepContext) -> Done:
    database = ctx.gaining.database
    if not await database.is_replica():
        return Done("promoted already")
    said = "nothing was committed behind the standby's back" if await _drained(ctx) else "what was received is applied"
    await database.before_promotion()
    return Done(said)


async def _drained(ctx: StepContext) -> bool:
    if not ctx.done(StepKind.FENCE_DATABASE):
        return False
    until_s = ctx.world.clock.now_s() + DRAIN_MARK_S
    while ctx.world.clock.now_s() < until_s:
        try:
            epoch = await ctx.gaining.database.epoch()
        except Failure:
            return False
        if epoch is not None and epoch >= ctx.plan.epoch:
            return True
        await ctx.world.clock.sleep(POLL_S)
    return False
