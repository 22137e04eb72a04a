"""raise_epoch: the new writer's database knows the epoch that will be granted, and lets the app's users in.

The fence's block may have been replicated before the promotion; without this the new writer would refuse its own shop.
"""

from farshore.engine import barriers
from farshore.engine.steps.context import Done, StepContext
from farshore.model.failure import Refused
from farshore.plan.plan import PlanKind


async def perform(ctx: StepContext) -> Done:
    if ctx.plan.kind is PlanKind.REOPEN:  # what the aborted plan has shut comes first: the database has to be reached
        await barriers.readmit(ctx, ctx.gaining.server)
        await barriers.power_on(ctx, ctx.plan.to_region)
    database = ctx.gaining.database
    try:
        epoch = await database.raise_epoch(ctx.plan.epoch)
    except Refused:
        await database.prepare()  # a group that no controller has led yet has no tables of ours
        epoch = await database.raise_epoch(ctx.plan.epoch)
    if epoch > ctx.plan.epoch:
        raise Refused(
            f"The database of {ctx.plan.to_region} has seen epoch {epoch}, and this plan grants {ctx.plan.epoch}.",
            "Another controller has gone further; abort this plan.",
        )
    for user in sorted({store.app_user for store in ctx.group.stores}):
        await database.unfence(user)
    return Done(f"epoch row at {epoch}")
