"""await_writable: until a transaction of our own commits. The API has nothing to poll, so the database is asked."""

import asyncio

from farshore.engine.steps.context import Done, StepContext
from farshore.engine.steps.promote import promoted
from farshore.engine.steps.warm import warm
from farshore.model.failure import Failure

POLL_S = 0.03


async def perform(ctx: StepContext) -> Done:
    """Runs until it is cut off; a later attempt asks for the promotion again, for one that was accepted and lost."""
    if ctx.attempt > 1 and not await ctx.gaining.database.writable() and not await promoted(ctx):
        await ctx.world.cloud.promote(ctx.gaining.server)
    begun_s = ctx.world.clock.now_s()
    warming = asyncio.create_task(warm(ctx))
    try:
        while not await _writable(ctx):
            await ctx.world.clock.sleep(POLL_S)
    finally:
        warming.cancel()
    return Done(f"writable {ctx.world.clock.now_s() - begun_s:.2f} s after it was first asked")


async def _writable(ctx: StepContext) -> bool:
    try:
        return await ctx.gaining.database.writable()
    except Failure:
        return False  # connections are refused and sessions ended while it changes its role
