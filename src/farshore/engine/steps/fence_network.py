"""fence_network: the old writer's database, which could not be fenced, admits nobody but this controller.

No proof: whether the provider ends connections that are open, nobody knows. It keeps new ones away until the late
fence gets through, for which this controller stays admitted.
"""

import ipaddress

from farshore.engine import barriers
from farshore.engine.steps.context import Done, StepContext
from farshore.model.failure import Refused
from farshore.ports.cloud import NOBODY, Source


async def perform(ctx: StepContext) -> Done:
    if ctx.fenced:
        return Done("not needed: the database is fenced")
    server = ctx.losing.server
    kept = await barriers.keep_sources(ctx, server)
    if not kept:
        raise Refused(
            f"{server.name} has no trusted sources, so it could not be opened again: an empty list is refused.",
            "Give the database trusted sources, such as its app servers' tag.",
        )
    ours = _ours(ctx.world.relay())
    await ctx.world.cloud.replace_sources(server, [NOBODY, *ours])
    who = f"nobody but {ours[0].value}" if ours else "nobody"
    return Done(f"{server.name} admits {who}", facts={"server": server.id, "sources": kept})


def _ours(relay: str) -> list[Source]:
    """This controller's own address, as app servers know it; none where it is not known."""
    host = relay.rpartition(":")[0]
    try:
        address = ipaddress.IPv4Address(host)
    except ValueError:
        return []
    known = not (address.is_loopback or address.is_unspecified)
    return [Source("ip_addr", host, "farshore: its controller")] if known else []
