"""fence_database: the old writer's own database refuses orders of its epoch, and that is proved.

A row that only grows, not a flag: a late un-fence of a deposed controller cannot lower it.
"""

from farshore.engine.steps.context import Done, StepContext
from farshore.model.permit import Gate
from farshore.plan.plan import PlanKind


async def perform(ctx: StepContext) -> Done:
    if await _gated(ctx):
        for user in sorted({store.app_user for store in ctx.group.stores}):
            await ctx.losing.database.fence_orders(ctx.plan.epoch, user)
        return Done(f"epoch row at {ctx.plan.epoch}; the gate refused an order of our own")
    users = sorted({store.app_user for store in ctx.group.stores})
    for user in users:
        await ctx.losing.database.fence(ctx.plan.epoch, user)
    return Done(f"epoch row at {ctx.plan.epoch}, {', '.join(users)} blocked, no session left")


async def _gated(ctx: StepContext) -> bool:
    """Where the gate stands before every order, locking the user would only shut pages: the lock is replicated, and the
    standby reads as the same user. A region that lost the writer long ago is locked besides."""
    if ctx.group.permit.gate is not Gate.TRIGGER or ctx.plan.kind is PlanKind.HOLD:
        return False
    for store in ctx.group.stores:
        if not store.guarded_tables:
            return False
        if not await ctx.losing.database.guarded(store.database, store.guarded_tables):
            return False
    return True
