"""What a fence by network or power has shut, kept in the store of record before it is touched, and opened again.

The journal's line of the step comes after the act: a crash in between would lose who was admitted before. A record of
its own also survives the plan that made it, which is over when its region comes home.
"""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from farshore.engine.steps.context import StepContext
from farshore.model.failure import Refused
from farshore.model.keys import powered_off_key, sources_key
from farshore.model.region import RegionName
from farshore.ports.cloud import NOBODY, DatabaseServer, Host, Power, Source


async def keep_sources(ctx: StepContext, server: DatabaseServer) -> list[dict[str, str]]:
    """Who may connect to `server`, or could before it was shut; written down when this returns."""
    record = await ctx.world.coordination.read(sources_key(ctx.group.name))
    kept = _body(record.value)
    rules = await ctx.world.cloud.sources(server)
    shut = any((rule.kind, rule.value) == (NOBODY.kind, NOBODY.value) for rule in rules)
    if shut and kept.get("server") == server.id:
        return list(kept["sources"])
    sources = [{"kind": rule.kind, "value": rule.value, "note": rule.note} for rule in rules]
    if sources:
        body = {"server": server.id, "region": server.region, "sources": sources}
        await ctx.world.coordination.swap(ctx.lease, record, json.dumps(body))
    return sources


async def readmit(ctx: StepContext, server: DatabaseServer) -> bool:
    """Admit to `server` who was admitted in its region before: to itself, or to the one whose place it takes. False
    when nothing is kept."""
    record = await ctx.world.coordination.read(sources_key(ctx.group.name))
    kept = _body(record.value)
    if kept.get("region") != server.region:
        return False
    await ctx.world.cloud.replace_sources(server, [Source(**source) for source in kept["sources"]])
    await ctx.world.coordination.swap(ctx.lease, record, "")
    return True


async def keep_hosts(ctx: StepContext, hosts: Sequence[Host]) -> None:
    """That these are about to be powered off by us, besides those that were before."""
    record = await ctx.world.coordination.read(powered_off_key(ctx.group.name))
    region = ctx.plan.from_region
    kept = _body(record.value)
    before: dict[str, Any] = kept["hosts"] if kept.get("region") == region else {}
    known = before | {str(host.id): host.name for host in hosts}
    if known != before:
        body = json.dumps({"region": region, "hosts": known})
        await ctx.world.coordination.swap(ctx.lease, record, body)


async def power_on(ctx: StepContext, region: RegionName) -> None:
    """Those of `region` that we powered off, and no others. RetryLater while the provider is busy with one."""
    record = await ctx.world.coordination.read(powered_off_key(ctx.group.name))
    kept = _body(record.value)
    if kept.get("region") != region:
        return
    await asyncio.gather(
        *(_power_on(ctx, Host(int(id), name, region, "", "", "", ())) for id, name in kept["hosts"].items())
    )
    await ctx.world.coordination.swap(ctx.lease, record, "")


async def _power_on(ctx: StepContext, host: Host) -> None:
    if await ctx.world.cloud.powered(host) is not Power.GONE:
        await ctx.world.cloud.power_on(host)


def _body(value: str) -> dict[str, Any]:
    try:
        body = json.loads(value) if value else {}
    except ValueError as error:
        raise Refused(f"A record of what was shut cannot be read ({error}).", "Restore the store of record.") from error
    return body if isinstance(body, dict) else {}
