"""The stores as shoppers meet them: the DNS record, and the doors of both regions."""

from farshore.daemon.readiness.finding import Finding, asked, fail, ok, warn
from farshore.engine.world import World
from farshore.model.grant import Grant
from farshore.model.group import Group, Request, Store
from farshore.model.region import RegionName
from farshore.model.sighting import Door
from farshore.ports.prober import Target

CLOSED = "status 503"


async def check_doors(group: Group, world: World, grant: Grant, runs: bool = True) -> list[Finding]:
    """`runs`: a controller renews the permit here; without one a closed checkout is what is wanted."""
    findings: list[Finding] = []
    addresses: dict[RegionName, str] = {}
    for place in (group.first, group.second):

        async def find(name: str = place.load_balancer, region: RegionName = place.region) -> list[Finding]:
            balancer = await world.cloud.balancer(name)
            if balancer is not None and balancer.ip:
                addresses[region] = balancer.ip
            return []

        await asked(place.load_balancer, find)  # its absence is reported by the account's part
    for store in group.stores:
        findings += await _record(store, world, addresses.get(grant.holder))
        for region, address in addresses.items():
            findings.append(await _door(store, Door.BROWSE, store.browse, world, group, region, address))
        if grant.holder in addresses:
            address = addresses[grant.holder]
            findings.append(_buying(await _door(store, Door.BUY, store.buy, world, group, grant.holder, address), runs))
        if store.verify is None:
            findings.append(
                warn(
                    f"store {store.name}",
                    "has no order to place from outside after a failover",
                    "Describe one as stores.verify, so that a failover ends in proof.",
                )
            )
    return findings


def _buying(found: Finding, runs: bool) -> Finding:
    if found.level != "fail" or runs or CLOSED not in found.detail:
        return found
    detail = "is closed: nobody renews the permit, because no controller runs here"
    return warn(found.what, detail, "Start `farshore watch`: the checkout opens within seconds.")


async def _record(store: Store, world: World, expected: str | None) -> list[Finding]:
    what = f"record {store.domain}"

    async def question() -> list[Finding]:
        stored = await world.dns.stored(store.domain, "A")
        if not stored.values:
            return [fail(what, "does not exist", f"Create an A record for {store.domain} with TTL {store.ttl_s}.")]
        findings = []
        if stored.ttl_s > store.ttl_s:
            findings.append(
                warn(
                    what,
                    f"has TTL {stored.ttl_s}, so shoppers keep the old address that long",
                    f"Set its TTL to {store.ttl_s}.",
                )
            )
        if expected is not None and stored.values != {expected}:
            findings.append(
                fail(
                    what,
                    f"points to {_list(stored.values)}, but the writer's balancer is {expected}",
                    "Correct the record, or the region that holds the grant.",
                )
            )
        served = await world.dns.served(store.domain, "A")
        if served.values != stored.values:
            findings.append(
                warn(
                    what,
                    f"is served as {_list(served.values)}, but stored as {_list(stored.values)}",
                    "Wait a minute and check again; then ask the provider.",
                )
            )
        return findings or [ok(what, f"points to {_list(stored.values)}, TTL {stored.ttl_s}")]

    return await asked(what, question)


async def _door(
    store: Store, door: Door, request: Request, world: World, group: Group, region: RegionName, address: str
) -> Finding:
    what = f"{door} {store.name} in {region}"
    target = Target(
        door,
        region,
        address,
        world.public_port,
        store.domain,
        request.path,
        world.public_tls,
        world.public_ca_file,
        request.expect,
        request.method,
        request.form,
    )
    look = await world.prober.look(target, group.thresholds.timeout_s)
    if look.ok:
        return ok(what, f"answers within {look.took_s * 1000:.0f} ms")
    return fail(
        what, f"does not answer ({look.why})", f"Ask https://{store.domain}{request.path} at {address} yourself."
    )


def _list(values: frozenset[str]) -> str:
    return ", ".join(sorted(values)) or "nothing"
