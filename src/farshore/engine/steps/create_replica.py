"""create_replica: the provider makes a replica of the writer in the old region, under the old name."""

from farshore.engine.steps.context import Done, StepContext
from farshore.engine.steps.standby_side import follows, standby, writer
from farshore.model.failure import RetryLater
from farshore.plan.journal import StepDone
from farshore.plan.step import StepKind
from farshore.ports.cloud import DatabaseServer, Source

POLL_S = 2.0


async def perform(ctx: StepContext) -> Done:
    """Runs until it is cut off, and goes on waiting when it is tried again."""
    new, place = await writer(ctx), ctx.group.place(ctx.plan.to_region)
    while True:
        try:
            await ctx.world.cloud.create_replica(new, place.database, place.region)
            break
        except RetryLater as error:  # being made, or the old name is not free yet: both are said by the provider
            await ctx.world.clock.sleep(max(POLL_S, error.after_s))
    server = await standby(ctx)
    if server is None or not follows(server, new):
        raise RetryLater(f"{place.database} is not found as a replica of {new.name} yet.", after_s=POLL_S)
    await _admit(ctx, server)
    return Done(f"{server.name} follows {new.name}")


async def _admit(ctx: StepContext, server: DatabaseServer) -> None:
    """A new replica admits the whole world until it has trusted sources of its own: it gets those of the old one."""
    for event in ctx.events:
        if isinstance(event, StepDone) and event.plan == ctx.plan.id and event.step is StepKind.RETIRE_DATABASE:
            kept = [Source(**source) for source in event.facts.get("sources", ())]
            if kept:
                await ctx.world.cloud.replace_sources(server, kept)
