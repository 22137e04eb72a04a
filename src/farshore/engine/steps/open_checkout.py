"""open_checkout: the gaining region's app servers take orders from now on."""

from farshore.engine.steps.context import Done, StepContext
from farshore.engine.steps.pointing import failure, point_all
from farshore.model.region import Role
from farshore.plan.journal import PlanStarted, StepDone
from farshore.plan.plan import PlanKind
from farshore.plan.step import StepKind


async def perform(ctx: StepContext) -> Done:
    """Done with the first that answers; the others are kept at after the plan, and refuse orders until then."""
    endpoint = ctx.gaining.endpoint(ctx.plan.epoch, Role.WRITER)
    apps = ctx.world.apps[ctx.plan.to_region].all()
    pointed = await point_all(apps, endpoint, ctx.world.clock, hurry=True, whole=_whole(ctx))
    if not pointed.done:
        raise failure(pointed, f"No app server of {ctx.plan.to_region} could be opened")
    return Done(f"{', '.join(pointed.done)} open", pointed.left)


def _whole(ctx: StepContext) -> bool:
    """Nothing can be missing there: the standby was drained, or it is the old holder with its own database. Who was not
    reached by the plan is pointed after it, and told the same."""
    begun = [e.plan for e in ctx.events if isinstance(e, PlanStarted) and e.plan.epoch == ctx.plan.epoch]
    drained = {e.plan for e in ctx.events if isinstance(e, StepDone) and e.step is StepKind.DRAIN}
    return any(plan.kind is PlanKind.REOPEN or plan.id in drained for plan in begun)
