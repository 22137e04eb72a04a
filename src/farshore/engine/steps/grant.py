"""grant: the commit point. One compare-and-swap under the leader's term makes the gaining region the writer."""

from farshore.engine.steps.context import Done, StepContext
from farshore.model.failure import Refused
from farshore.model.grant import Grant
from farshore.model.keys import grant_key


async def perform(ctx: StepContext) -> Done:
    wanted = Grant(ctx.plan.epoch, ctx.plan.to_region)
    record = await ctx.world.coordination.read(grant_key(ctx.group.name))
    if record.value:
        held = Grant.from_json(record.value)
        if held == wanted:
            return Done("granted already")
        if held.epoch >= wanted.epoch:
            raise Refused(
                f"Epoch {held.epoch} is already granted to {held.holder}.",
                "A newer plan has overtaken this one; abort.",
            )
    await ctx.world.coordination.swap(ctx.lease, record, wanted.to_json())
    return Done(f"epoch {wanted.epoch} to {wanted.holder}")
