"""open_checkout: the gaining region's app servers take orders from now on."""

from farshore.engine.steps.context import Done, StepContext
from farshore.engine.steps.pointing import failure, point_all
from farshore.model.region import Role


async def perform(ctx: StepContext) -> Done:
    """Done with the first that answers; the others are kept at after the plan, and refuse orders until then."""
    endpoint = ctx.gaining.endpoint(ctx.plan.epoch, Role.WRITER)
    apps = ctx.world.apps[ctx.plan.to_region].all()
    pointed = await point_all(apps, endpoint, ctx.world.clock, hurry=True)
    if not pointed.done:
        raise failure(pointed, f"No app server of {ctx.plan.to_region} could be opened")
    return Done(f"{', '.join(pointed.done)} open", pointed.left)
