"""fence_database: the old writer's own database refuses orders of its epoch, and that is proved.

A row that only grows, not a flag: a late un-fence of a deposed controller cannot lower it.
"""

from farshore.engine.steps.context import Done, StepContext


async def perform(ctx: StepContext) -> Done:
    users = sorted({store.app_user for store in ctx.group.stores})
    for user in users:
        await ctx.losing.database.fence(ctx.plan.epoch, user)
    return Done(f"epoch row at {ctx.plan.epoch}, {', '.join(users)} blocked, no session left")
