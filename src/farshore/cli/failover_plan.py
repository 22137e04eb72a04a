"""The plan that a failover would carry out now, made without asking the daemon."""

import asyncio
from dataclasses import dataclass

from farshore.model.failure import Failure
from farshore.model.grant import Grant
from farshore.model.group import Group
from farshore.model.keys import grant_key
from farshore.model.region import Epoch
from farshore.plan.build import failover
from farshore.plan.plan import Plan
from farshore.ports.coordination import Coordination
from farshore.settings.settings import Settings
from farshore.wiring.controller import reach_database

REACH_S = 3.0


@dataclass(frozen=True, slots=True)
class Proposal:
    plan: Plan
    grant: Grant
    old_database: str  # reachable | unreachable, as found or as the operator said
    why: str = ""  # what was heard when it was asked


async def read_grant(store: Coordination, group: Group) -> Grant:
    """Before the first failover there may be no record yet: then the first region holds epoch 1."""
    record = await store.read(grant_key(group.name))
    return Grant.from_json(record.value) if record.value else Grant(Epoch(1), group.first.region)


async def propose(settings: Settings, store: Coordination, old_database: str) -> Proposal:
    """`old_database` is reachable, unreachable, or ask: whether it answers decides what promotion waits for."""
    group = settings.group
    grant = await read_grant(store, group)
    why = "said so"
    if old_database == "ask":
        old_database, why = await _ask(settings, grant)
    plan = failover(
        group,
        Epoch(grant.epoch + 1),
        grant.holder,
        old_database_reachable=old_database == "reachable",
    )
    return Proposal(plan, grant, old_database, why)


async def _ask(settings: Settings, grant: Grant) -> tuple[str, str]:
    place = settings.group.place(grant.holder)
    try:
        async with asyncio.timeout(REACH_S):
            await reach_database(settings, place.database)
    except TimeoutError:
        return "unreachable", f"{place.database} did not answer within {REACH_S:g} s"
    except Failure as error:
        return "unreachable", error.what
    return "reachable", f"{place.database} answered"
