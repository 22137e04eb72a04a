"""verify: an order from outside, through the new door, as a shopper would place it."""

import asyncio
from dataclasses import replace

from farshore.engine.doors import target
from farshore.engine.steps.context import Done, StepContext
from farshore.model.failure import RetryLater
from farshore.model.group import Request, Store
from farshore.model.sighting import Door, Look

TIMEOUT_S = 5.0


async def perform(ctx: StepContext) -> Done:
    looks = await asyncio.gather(*(_order(ctx, store) for store in ctx.group.stores))
    bad = [f"{store.domain}: {look.why}" for store, look in zip(ctx.group.stores, looks, strict=True) if not look.ok]
    if bad:
        raise RetryLater(f"An order from outside failed ({'; '.join(bad)}).", after_s=0.1)
    return Done(f"answered in {max(look.took_s for look in looks):.2f} s")


async def _order(ctx: StepContext, store: Store) -> Look:
    unique = f"{ctx.plan.id}-{ctx.attempt}-{int(ctx.world.clock.now_s() * 1000)}"
    wanted: Request = store.verify or store.buy
    form = tuple((name, value.replace("{unique}", unique)) for name, value in wanted.form)
    door = target(ctx.world, ctx.group, ctx.parts, ctx.plan.to_region, Door.BUY, wanted)
    return await ctx.world.prober.look(replace(door, host=store.domain, form=form), TIMEOUT_S)
