"""retire_database: the old writer's fenced database is deleted, for its name is needed. There is no way back.

Its differences are on disk by then, and it is looked at once more: the grant, the fence, and that it is the other one.
"""

from farshore.engine import barriers
from farshore.engine.steps.context import Done, StepContext
from farshore.engine.steps.standby_side import follows, refuse_unfenced, standby, writer
from farshore.model.failure import Refused


async def perform(ctx: StepContext) -> Done:
    new, old = await writer(ctx), await standby(ctx)
    if old is None:
        return Done("gone already")
    if follows(old, new):
        return Done("it follows the writer already", facts={"follows": True})
    if old.id == new.id or old.region != ctx.plan.to_region:
        raise Refused(
            f"The database {old.name} is the writer's or stands in {old.region}; it is not deleted.",
            "Correct regions in farshore.yaml.",
        )
    await refuse_unfenced(ctx, old)
    sources = await barriers.keep_sources(ctx, old)
    await ctx.world.cloud.delete_database(old.name, expected_id=old.id)
    return Done(f"{old.name} ({old.id}) retired", facts={"sources": sources, "network": old.network})
