"""await_standby: it counts as a standby when a marker has passed. No provider's word for it is believed."""

from farshore.engine.steps.context import Done, StepContext
from farshore.engine.steps.standby_side import follows, standby, writer
from farshore.model.failure import Failure, RetryLater
from farshore.model.sighting import Marker
from farshore.ports.database import Database

POLL_S = 0.2


async def perform(ctx: StepContext) -> Done:
    """Runs until it is cut off; the marker loop stands still meanwhile, so the markers are ours."""
    new, server = await writer(ctx), await standby(ctx)
    if server is None or not follows(server, new):
        raise RetryLater("The replica is not there yet.", after_s=1.0)
    begun_s = ctx.world.clock.now_s()
    source, replica = ctx.world.database(new), ctx.world.database(server)
    try:
        known = await source.read_marker()
        sent = Marker(ctx.plan.epoch, (known.sequence if known is not None else 0) + 1)
        await source.write_marker(sent)
        while not await _passed(replica, sent):
            await ctx.world.clock.sleep(POLL_S)
    finally:
        await source.close()
        await replica.close()
    return Done(f"a marker passed after {ctx.world.clock.now_s() - begun_s:.2f} s")


async def _passed(replica: Database, sent: Marker) -> bool:
    try:
        if not await replica.is_replica():
            return False
        found = await replica.read_marker()
    except Failure:
        return False
    return found is not None and found.epoch == sent.epoch and found.sequence >= sent.sequence
