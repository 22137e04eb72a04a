"""switch_dns: every store's record to the gaining region's balancer. Pages come back with this step."""

import asyncio

from farshore.engine.steps.context import Done, StepContext
from farshore.model.failure import Failure
from farshore.model.group import Store
from farshore.ports.dns import RecordSet


async def perform(ctx: StepContext) -> Done:
    details = await asyncio.gather(*(_switch(ctx, store) for store in ctx.group.stores))
    return Done("; ".join(details))


async def _switch(ctx: StepContext, store: Store) -> str:
    wanted = RecordSet(store.domain, "A", frozenset({ctx.gaining.address}), store.ttl_s)
    try:
        had = await ctx.world.dns.stored(store.domain, "A")
    except Failure:
        had = None  # writing is safe to repeat and needs no look; only the remark below is lost
    if had is not None and had.values == wanted.values and had.ttl_s == wanted.ttl_s:
        return f"{store.domain} already at {ctx.gaining.address}"
    await ctx.world.dns.replace(wanted)
    said = f"{store.domain} to {ctx.gaining.address}"
    known = ctx.parts.halves.get(ctx.plan.from_region)
    ours = wanted.values | ({known.address} if known is not None else frozenset())
    if had is not None and not had.values <= ours:
        said += f" (somebody had set it to {', '.join(sorted(had.values))} by hand; replaced)"
    return said
