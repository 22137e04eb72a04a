"""drain: the standby shows the fence of this plan, so it has every order that was committed before it.

Commit order is kept by replication: whoever has the epoch row's new value has all that came before it.
"""

from farshore.engine.steps.context import Done, StepContext
from farshore.model.failure import Failure

POLL_S = 0.02


async def perform(ctx: StepContext) -> Done:
    """Runs until it is cut off, and is then tried again: without the mark nothing is promoted.

    The mark is on its way meanwhile, so what else a promotion needs is done first: the checkout is closed.
    """
    database, begun_s = ctx.gaining.database, ctx.world.clock.now_s()
    await database.before_promotion()
    while not await _shown(ctx):
        if not await database.is_replica():
            return Done("promoted already")
        await ctx.world.clock.sleep(POLL_S)
    return Done(f"the fence came through after {ctx.world.clock.now_s() - begun_s:.2f} s")


async def _shown(ctx: StepContext) -> bool:
    try:
        epoch = await ctx.gaining.database.epoch()
    except Failure:
        return False
    return epoch is not None and epoch >= ctx.plan.epoch
