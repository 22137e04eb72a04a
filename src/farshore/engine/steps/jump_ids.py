"""jump_ids: id counters past what may be lost, once for each plan, so that lost orders keep their ids free."""

from farshore.engine.steps.context import Done, StepContext


async def perform(ctx: StepContext) -> Done:
    gap, moved = ctx.group.thresholds.id_gap, 0
    for store in ctx.group.stores:
        moved += await ctx.gaining.database.jump_ids(store.database, store.id_counters, gap, ctx.plan.id)
    return Done(f"{moved} counters moved by {gap}" if moved else "moved already")
