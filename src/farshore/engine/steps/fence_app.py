"""fence_app: the losing region's app servers become standby under the plan's epoch, before its database is touched.

Blocking the database alone makes the shop answer 200 for orders that are not there.
"""

from farshore.engine.steps.context import Done, StepContext
from farshore.engine.steps.pointing import failure, point_all
from farshore.model.failure import Failure
from farshore.model.region import Role
from farshore.plan.plan import PlanKind
from farshore.ports.app import Bridge, BridgeWhat


async def perform(ctx: StepContext) -> Done:
    apps = ctx.world.apps[ctx.plan.from_region].all()
    if not apps:
        return Done(f"{ctx.plan.from_region} has no app servers")
    endpoint = ctx.losing.endpoint(ctx.plan.epoch, Role.STANDBY)
    pointed = await point_all(apps, endpoint, ctx.world.clock, hurry=False, bridge=await _bridge(ctx))
    if pointed.left and not (ctx.plan.kind is PlanKind.HOLD and pointed.done):
        raise failure(pointed, f"App servers of {ctx.plan.from_region} that may still take orders")
    return Done(f"{', '.join(pointed.done)}: standby under epoch {ctx.plan.epoch}", pointed.left)


async def _bridge(ctx: StepContext) -> Bridge:
    """Late visitors buy in the other region. Pages too, unless this region's own database follows the writer's: an old
    writer's has orders that never were, and lacks those that are."""
    follows = False
    if ctx.plan.kind is PlanKind.HOLD:
        try:
            follows = await ctx.losing.database.is_replica()
        except Failure:
            pass
    return Bridge(ctx.gaining.address, BridgeWhat.WRITES if follows else BridgeWhat.ALL)
