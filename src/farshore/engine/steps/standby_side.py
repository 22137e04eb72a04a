"""The two servers that a rebuild is about: asked of the provider anew each time, for one of them comes and goes.

Every look repeats what makes the next act safe: the grant, the fence, and that it is not the writer that goes.
"""

from farshore.engine import permits
from farshore.engine.steps.context import StepContext
from farshore.model.failure import Refused
from farshore.ports.cloud import DatabaseServer


async def standby(ctx: StepContext) -> DatabaseServer | None:
    """As it is now; None where there is none (any more, or yet)."""
    return await ctx.world.cloud.database(ctx.group.place(ctx.plan.to_region).database)


async def writer(ctx: StepContext) -> DatabaseServer:
    """Refused unless it is still the one that the grant of this plan's epoch names."""
    permit = await permits.read(ctx.world.coordination, ctx.group.name)
    if permit is None or (permit.epoch, permit.holder) != (ctx.plan.epoch, ctx.plan.from_region):
        raise Refused(
            f"{ctx.plan.from_region} does not hold epoch {ctx.plan.epoch} any more, so nothing is rebuilt.",
            "Abort this plan and begin anew.",
        )
    server = await ctx.world.cloud.database(ctx.group.place(ctx.plan.from_region).database)
    if server is None or server.replica_of is not None:
        raise Refused(
            f"The database of {ctx.plan.from_region} is no writer in the provider's account.", "Run `farshore check`."
        )
    return server


def follows(server: DatabaseServer | None, of: DatabaseServer) -> bool:
    return server is not None and server.replica_of == of.id


async def refuse_unfenced(ctx: StepContext, server: DatabaseServer) -> None:
    """One that is not fenced may take an order this moment, and one with a larger row was chosen by a newer plan."""
    database = ctx.world.database(server)
    try:
        epoch = await database.epoch()
    finally:
        await database.close()
    if epoch is None or epoch < ctx.plan.epoch:
        raise Refused(
            f"The old database {server.name} shows epoch {epoch or 0}, so it is not fenced under {ctx.plan.epoch}.",
            "Let `farshore watch` fence it first; it tries each second.",
        )
    if epoch > ctx.plan.epoch:
        raise Refused(
            f"{server.name} has seen epoch {epoch}; a rebuild under {ctx.plan.epoch} is out of date.",
            "Another controller has gone further; abort this plan.",
        )
