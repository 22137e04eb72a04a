"""create_replica: the provider makes a replica of the writer in the old region, under the old name."""

from collections.abc import Mapping
from typing import Any

from farshore.engine import barriers
from farshore.engine.steps.context import Done, StepContext
from farshore.engine.steps.standby_side import follows, standby, writer
from farshore.model.failure import RetryLater
from farshore.plan.journal import StepDone
from farshore.plan.step import StepKind
from farshore.ports.cloud import Source

POLL_S = 2.0


async def perform(ctx: StepContext) -> Done:
    """Runs until it is cut off, and goes on waiting when it is tried again."""
    new, place, kept = await writer(ctx), ctx.group.place(ctx.plan.to_region), _retired(ctx)
    while True:
        try:
            network = kept.get("network") or None  # else it would stand in the region's default network
            await ctx.world.cloud.create_replica(new, place.database, place.region, network=network)
            break
        except RetryLater as error:  # being made, or the old name is not free yet: both are said by the provider
            await ctx.world.clock.sleep(max(POLL_S, error.after_s))
    server = await standby(ctx)
    if server is None or not follows(server, new):
        raise RetryLater(f"{place.database} is not found as a replica of {new.name} yet.", after_s=POLL_S)
    sources = [Source(**source) for source in kept.get("sources", ())]
    if not await barriers.readmit(ctx, server) and sources:  # a new replica admits everybody until it has its own
        await ctx.world.cloud.replace_sources(server, sources)
    await barriers.power_on(ctx, place.region)  # its app servers may come back: their database follows the writer's
    return Done(f"{server.name} follows {new.name}")


def _retired(ctx: StepContext) -> Mapping[str, Any]:
    """What the old database was like, from the line of the step that deleted it."""
    for event in ctx.events:
        if isinstance(event, StepDone) and event.plan == ctx.plan.id and event.step is StepKind.RETIRE_DATABASE:
            return event.facts
    return {}
