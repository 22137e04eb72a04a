"""report: what it took, from the journal's own lines, and a word to people."""

from farshore.engine.steps.context import Done, StepContext
from farshore.model.failure import Failure
from farshore.plan.plan import PlanKind
from farshore.plan.step import StepKind
from farshore.plan.timings import timings
from farshore.ports.notifier import Notice


async def perform(ctx: StepContext) -> Done:
    if ctx.plan.kind is PlanKind.REBUILD:
        return await _tell(ctx, f"{ctx.plan.to_region} stands by again", "A marker has passed; a failover is possible.")
    took = timings(ctx.plan.id, ctx.events)
    figures = [f"{ctx.plan.to_region} sells under epoch {ctx.plan.epoch}"]
    if took.first_order_s is not None:
        figures.append(f"first order {took.first_order_s:.2f} s after the verdict")
    if took.promotion_s is not None:
        figures.append(f"of which the promotion took {took.promotion_s:.2f} s")
    if StepKind.FENCE_DATABASE in ctx.plan.kinds and not ctx.fenced:
        figures.append(f"the old database of {ctx.plan.from_region} is NOT fenced yet, and is tried each second")
    return await _tell(ctx, f"{ctx.plan.to_region} takes orders", "; ".join(figures))


async def _tell(ctx: StepContext, title: str, text: str) -> Done:
    try:
        await ctx.world.notifier.tell(Notice(ctx.group.name, "info", f"{ctx.group.name}: {title}", text))
    except Failure as error:
        text += f" (nobody could be told: {error.what})"
    return Done(text)
