"""fence_hosts: the old region's app servers, whose database could not be fenced, are powered off. A proof.

A host that is off has no open transaction and acknowledges nothing. What it had sent before may still be committed;
for that the longest time from the last check to the commit is waited, as everywhere. Who writes to the database from
elsewhere than from a tagged app server is not fenced by it.
"""

import asyncio
from collections.abc import Sequence

from farshore.engine import barriers
from farshore.engine.steps.context import Done, StepContext
from farshore.model.failure import Refused, RetryLater
from farshore.ports.cloud import Host, Power


async def perform(ctx: StepContext) -> Done:
    """RetryLater, naming those that may be running, until all are read back as off or gone."""
    if ctx.fenced:
        return Done("not needed: the database is fenced")
    cloud = ctx.world.cloud
    hosts = await _hosts(ctx)
    running = await _running(ctx, hosts)
    if running:
        await barriers.keep_hosts(ctx, running)
        said = await asyncio.gather(*(cloud.power_off(host) for host in running), return_exceptions=True)
        for answer in said:
            if isinstance(answer, Refused):  # all else is read back
                raise answer
        running = await _running(ctx, running)
    if running:
        raise RetryLater(f"Not known to be off yet: {', '.join(host.name for host in running)}.")
    await ctx.world.clock.sleep(ctx.group.permit.commit_s)
    names = sorted(host.name for host in hosts)
    if late := sorted(host.name for host in await _hosts(ctx) if host.name not in names):
        raise RetryLater(f"Made meanwhile: {', '.join(late)}.")
    return Done(f"off: {', '.join(names)}", facts={"hosts": [host.id for host in hosts]})


async def _hosts(ctx: StepContext) -> Sequence[Host]:
    """All of the old region's, and none but those. An empty or short list proves nothing."""
    place, other = ctx.group.place(ctx.plan.from_region), ctx.group.place(ctx.plan.to_region)
    hosts = await ctx.world.cloud.hosts(place.app_tag)
    for host in hosts:
        if host.region != place.region or other.app_tag in host.tags:
            raise Refused(
                f"The droplet {host.name} with the tag {place.app_tag} is of {other.region} too; none is powered off.",
                "Give each region's app servers a tag of their own.",
            )
    missing = {app.name for app in ctx.world.apps[place.region].all()} - {host.name for host in hosts}
    if missing or not hosts:
        raise RetryLater(
            f"The provider lists no droplet {', '.join(sorted(missing)) or 'at all'} with the tag {place.app_tag}.",
            after_s=1.0,
        )
    return hosts


async def _running(ctx: StepContext, hosts: Sequence[Host]) -> list[Host]:
    """Those that may be: of whom nobody can say anything, too."""
    states = await asyncio.gather(*(ctx.world.cloud.powered(host) for host in hosts), return_exceptions=True)
    return [host for host, state in zip(hosts, states, strict=True) if state not in (Power.OFF, Power.GONE)]
