"""The app servers and their agents, and whether enough independent eyes watch."""

import asyncio

from farshore.daemon.readiness.authority import DAY_S, WARN_BEFORE_S
from farshore.daemon.readiness.finding import Finding, fail, ok, warn
from farshore.engine.world import World
from farshore.model.failure import Failure
from farshore.model.grant import Grant
from farshore.model.group import Group, Mode
from farshore.model.region import RegionName, Role
from farshore.model.sighting import Door
from farshore.ports.app import App


async def check_agents(group: Group, world: World, grant: Grant) -> list[Finding]:
    findings: list[Finding] = []
    reached: dict[RegionName, int] = {}
    for place in (group.first, group.second):
        apps = list(world.apps[place.region].all())
        if not apps:
            findings.append(
                fail(
                    f"app servers in {place.region}",
                    f"no host has the tag {place.app_tag}",
                    "Tag them, or correct app_tag in farshore.yaml.",
                )
            )
        role = Role.WRITER if place.region == grant.holder else Role.STANDBY
        answers = await asyncio.gather(*(_agent(app, place.region, role, grant) for app in apps))
        findings += answers
        reached[place.region] = sum(answer.level != "fail" for answer in answers)
        if len(apps) == 1:
            findings.append(warn(f"app servers in {place.region}", "there is only one", "Run at least two per region."))
    findings.append(_vantage(group, grant, reached))
    findings += await _references(group, world)
    return findings


async def _agent(app: App, region: RegionName, role: Role, grant: Grant) -> Finding:
    what = f"agent {app.name}"
    try:
        view = await app.view()
    except Failure as error:
        return fail(what, error.what, error.hint or "Run `farshore agents deploy`.")
    if view.certificate_left_s is not None and view.certificate_left_s < WARN_BEFORE_S:
        days = view.certificate_left_s / DAY_S
        return warn(what, f"has a certificate that ends in {days:.0f} days", "Run `farshore agents deploy`.")
    if view.troubles:
        return warn(what, " ".join(view.troubles), "Repair that on the app server; its agent's journal says more.")
    if view.endpoint is None:
        return warn(
            what, "has no endpoint file, so its app server is closed", "Start `farshore watch`: it points agents."
        )
    if view.endpoint.role is not role or view.endpoint.epoch > grant.epoch:
        return warn(
            what,
            f"says {view.endpoint.role} under epoch {view.endpoint.epoch}, but {region} is {role} under {grant.epoch}",
            "Start `farshore watch`: it points agents as the grant says.",
        )
    return ok(what, f"answers: {view.endpoint.role} under epoch {view.endpoint.epoch}")


def _vantage(group: Group, grant: Grant, reached: dict[RegionName, int]) -> Finding:
    """The rule: two independent places at least, none in the writer's region, one outside both."""
    standby = group.other(grant.holder).region
    if reached.get(standby, 0) > 0:
        return ok("vantage points", f"this controller and {reached[standby]} agents in {standby}")
    detail = f"no agent in {standby} answers, so only this controller sees the writer"
    remedy = "Run `farshore agents deploy`; until then a failover waits for `farshore approve`."
    return (fail if group.mode is Mode.AUTO else warn)("vantage points", detail, remedy)


async def _references(group: Group, world: World) -> list[Finding]:
    references = [target for target in world.references if target.door is Door.REFERENCE]
    if not references:
        return [
            warn(
                "references",
                "none is set, so this controller cannot tell its own fault from the store's",
                "Name two web addresses outside as probe.references.",
            )
        ]
    looks = await asyncio.gather(*(world.prober.look(target, group.thresholds.timeout_s) for target in references))
    findings = []
    for target, look in zip(references, looks, strict=True):
        what = f"reference {target.host}"
        if look.ok:
            findings.append(ok(what, f"answers within {look.took_s * 1000:.0f} ms"))
        else:
            findings.append(warn(what, f"does not answer ({look.why})", "Choose another one as probe.references."))
    if not any(look.ok for look in looks):
        findings.append(
            fail("references", "none answers, so this controller would judge nobody", "Repair this machine's network.")
        )
    return findings
