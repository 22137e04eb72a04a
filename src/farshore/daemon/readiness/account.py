"""The provider's account: token, regions, zones, balancers."""

from farshore.daemon.readiness.finding import Finding, asked, fail, ok
from farshore.engine.world import World
from farshore.model.group import Group, Place


async def check_account(group: Group, world: World) -> list[Finding]:
    async def token() -> list[Finding]:
        await world.cloud.check_token()
        return [ok("token", "is valid and may do what a failover needs")]

    async def regions() -> list[Finding]:
        available = set(await world.cloud.regions())
        return [
            ok(f"region {place.region}", "is available")
            if place.region in available
            else fail(f"region {place.region}", "is not available to this account", "Correct regions in farshore.yaml.")
            for place in (group.first, group.second)
        ]

    async def zones() -> list[Finding]:
        there = set(await world.cloud.domains())
        return [
            ok(f"domain {zone}", "is in the account")
            if zone in there
            else fail(f"domain {zone}", "is not in the account", "Add the domain there, or correct stores.zone.")
            for zone in sorted({store.zone for store in group.stores})
        ]

    findings = await asked("token", token)
    if findings[0].level == "fail":
        return findings  # everything else would only repeat it
    findings += await asked("regions", regions)
    findings += await asked("domains", zones)
    for place in (group.first, group.second):
        findings += await _balancer(place, world)
    return findings


async def _balancer(place: Place, world: World) -> list[Finding]:
    what = f"balancer {place.load_balancer}"

    async def question() -> list[Finding]:
        found = await world.cloud.balancer(place.load_balancer)
        if found is None:
            return [fail(what, "does not exist", "Create it, or correct load_balancer in farshore.yaml.")]
        if found.region != place.region:
            return [
                fail(what, f"is in {found.region}, not in {place.region}", "Correct load_balancer in farshore.yaml.")
            ]
        if found.status != "active" or not found.ip:
            return [fail(what, f"is {found.status}", "Wait until it is active, or look at it in the control panel.")]
        return [ok(what, f"is active at {found.ip}")]

    return await asked(what, question)
