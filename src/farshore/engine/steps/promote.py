"""promote: the provider's promotion. A fork, not the commit point: harmless when it lands late or twice."""

from farshore.engine.steps.context import Done, StepContext
from farshore.model.failure import RetryLater, Unknown


async def perform(ctx: StepContext) -> Done:
    # The first attempt does not look: the port promises that a second promotion is silent success.
    if ctx.attempt > 1 and await promoted(ctx):
        return Done("promoted already")
    try:
        await ctx.world.cloud.promote(ctx.gaining.server)
    except Unknown as error:
        if await promoted(ctx):
            return Done("promoted; the answer was lost and read back")
        raise RetryLater(f"{error.what} The database is still a replica.") from error
    return Done(f"{ctx.gaining.server.name} accepted")


async def promoted(ctx: StepContext) -> bool:
    """A status code proves nothing; that the server follows nobody does."""
    server = await ctx.world.cloud.database(ctx.gaining.server.name)
    return server is not None and server.replica_of is None
