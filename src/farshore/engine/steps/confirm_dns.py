"""confirm_dns: the authority itself serves the new address; what resolvers keep for a TTL is not ours to change."""

import asyncio

from farshore.engine.steps.context import Done, StepContext
from farshore.model.failure import Failure
from farshore.model.group import Store

POLL_S = 0.25


async def perform(ctx: StepContext) -> Done:
    """Polls until it is cut off."""
    await asyncio.gather(*(_served(ctx, store) for store in ctx.group.stores))
    return Done(f"the authority serves {ctx.gaining.address}")


async def _served(ctx: StepContext, store: Store) -> None:
    while True:
        try:
            record = await ctx.world.dns.served(store.domain, "A")
            if record.values == frozenset({ctx.gaining.address}):
                return
        except Failure:
            pass  # one server of several that does not answer; the poll goes on
        await ctx.world.clock.sleep(POLL_S)
