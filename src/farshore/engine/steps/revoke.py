"""revoke: nobody renews the losing region's permit any more, neither here nor by the failsafe.

The clock of the wait begins when this leader first saw the last renewal that counted, or now; never at the verdict.
"""

import asyncio

from farshore.engine import permits
from farshore.engine.steps.context import Done, StepContext
from farshore.engine.within import within
from farshore.model.failure import Failure, RetryLater
from farshore.model.permit import Permit
from farshore.model.region import Epoch
from farshore.ports.app import App

ACKNOWLEDGE_S = 1.2


async def perform(ctx: StepContext) -> Done:
    """RetryLater until the store of record and one promisor have acknowledged: before that no wait may begin."""
    permit = await permits.revoke(ctx.world.coordination, ctx.group.name, ctx.lease, ctx.plan.epoch)
    now_s = ctx.world.clock.now_s()
    seen_s = ctx.renewals.first_seen_s(permit.epoch, permit.renewals)
    from_s = now_s if seen_s is None else seen_s
    if permit.witnesses:  # a list that nobody was told cannot have promised anything
        promised_s = await _first_witness(ctx, permit)
        from_s = from_s if promised_s is None else max(from_s, promised_s)
    detail = f"epoch {permit.epoch} after {permit.renewals} renewals"
    return Done(detail, facts={"waits_from_s": from_s, "boot": ctx.world.clock.boot()})


async def _first_witness(ctx: StepContext, permit: Permit) -> float | None:
    """When the first one that acknowledges last promised, by our clock; None for never."""
    region = ctx.group.other(permit.holder).region
    witnesses = [app for app in ctx.world.apps[region].all() if app.name in permit.witnesses]
    if not witnesses:
        raise RetryLater(f"{', '.join(permit.witnesses)} of {region} must acknowledge the revoke, and are not found.")
    tasks = [asyncio.create_task(_ask(ctx, app, permit.epoch)) for app in witnesses]
    refusals = []
    try:
        for task in asyncio.as_completed(tasks):
            try:
                return await task
            except Failure as error:
                refusals.append(str(error))
    finally:
        for one in tasks:
            one.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    raise RetryLater(f"No app server of {region} acknowledges the revoke: {'; '.join(refusals)}")


async def _ask(ctx: StepContext, app: App, epoch: Epoch) -> float | None:
    """By the moment its answer came: later than the promise can have been made, so the wait is rather too long."""
    asking = app.revoke(epoch)
    ago_s = await within(ctx.world.clock, ACKNOWLEDGE_S, asking, f"Agent {app.name}")
    return None if ago_s is None else ctx.world.clock.now_s() - ago_s
