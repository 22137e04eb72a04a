"""Settings -> all findings of `farshore check`."""

import time

from farshore.adapters.self_run.cloud import SelfRunCloud
from farshore.daemon.lock import holder_of
from farshore.daemon.readiness.account import check_account
from farshore.daemon.readiness.agents import check_agents
from farshore.daemon.readiness.authority import check_authority
from farshore.daemon.readiness.databases import check_databases, check_ids
from farshore.daemon.readiness.doors import check_doors
from farshore.daemon.readiness.finding import Finding, ok, warn
from farshore.daemon.readiness.journal import check_journal
from farshore.daemon.readiness.policy import check_policy
from farshore.daemon.readiness.self_run import check_self_run
from farshore.model.grant import held
from farshore.model.keys import grant_key
from farshore.settings.settings import Settings
from farshore.wiring.identity import identity_of
from farshore.wiring.world import open_world


async def run_checks(settings: Settings) -> list[Finding]:
    group = settings.group
    runs = holder_of(settings.state_file)
    findings = [
        ok("farshore.yaml", f"{settings.file} is well formed"),
        ok("controller", f"{runs} runs here")
        if runs
        else warn("controller", "does not run on this state file", "Start `farshore watch`."),
    ]
    findings += check_authority(identity_of(settings)[1], time.time())
    async with open_world(settings) as world:
        record = await world.coordination.read(grant_key(group.name))
        grant = held(group, record.value)
        findings.append(ok("grant", f"epoch {grant.epoch} is held by {grant.holder}"))
        account = await check_account(group, world)
        findings += account
        if all(finding.what != "token" or finding.level == "ok" for finding in account):
            findings += await check_doors(group, world, grant, runs is not None)
            findings += await check_databases(group, world, grant, may_write=runs is None)
            if isinstance(world.cloud, SelfRunCloud):
                findings += await check_self_run(group, world.cloud.shortcomings)
        findings += await check_agents(group, world, grant)
        findings += await check_journal(group, world, grant)
    findings += check_ids(group)
    notified = settings.notify.webhook_file is not None or bool(settings.notify.command)
    return findings + check_policy(group, notified)
