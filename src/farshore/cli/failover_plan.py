"""The plan that a failover would carry out now: the leader's own where one leads, otherwise made here."""

import asyncio
import json
from dataclasses import dataclass

from farshore.model.failure import Failure
from farshore.model.grant import Grant, held
from farshore.model.group import Group
from farshore.model.keys import grant_key, status_key
from farshore.model.region import Epoch
from farshore.plan.build import failover
from farshore.plan.journal import from_json
from farshore.plan.ledger import fold_all
from farshore.plan.plan import Plan
from farshore.ports.coordination import Coordination
from farshore.settings.settings import Settings
from farshore.wiring.controller import reach_database

REACH_S = 5.0


@dataclass(frozen=True, slots=True)
class Proposal:
    plan: Plan
    grant: Grant
    old_database: str  # reachable | unreachable
    why: str = ""  # how that is known


async def read_grant(store: Coordination, group: Group) -> Grant:
    """Before the first failover there may be no record yet: then the first region holds epoch 1."""
    record = await store.read(grant_key(group.name))
    return held(group, record.value)


async def next_epoch(store: Coordination, grant: Grant) -> Epoch:
    """Larger than any that an aborted plan may have shown to an agent or a database."""
    ledger = fold_all(tuple(from_json(line.body) for line in await store.journal()))
    return Epoch(max(grant.epoch, ledger.epoch_max) + 1)


async def propose(
    settings: Settings, store: Coordination, old_database: str, leads: bool, accept_loss: bool = False
) -> Proposal:
    """`old_database` is reachable, unreachable, or ask: whether it answers decides what promotion waits for.

    `leads`: a controller runs, so it is its opinion that counts. With `accept_loss` promotion waits for the fence
    either way.
    """
    group = settings.group
    grant = await read_grant(store, group)
    epoch = await next_epoch(store, grant)

    def made(reachable: bool, why: str) -> Proposal:
        plan = failover(group, epoch, grant.holder, old_database_reachable=reachable, accept_loss=accept_loss)
        return Proposal(plan, grant, "reachable" if reachable else "unreachable", why)

    if old_database != "ask":
        return made(old_database == "reachable", "as you said")
    if accept_loss:
        return made(True, "not asked: where a loss is accepted, promotion waits for the fence either way")
    if leads:
        checksum = await _leaders_checksum(store, group)
        for reachable in (True, False):
            proposal = made(reachable, "as the running controller sees it")
            if proposal.plan.checksum == checksum:
                return proposal
    return made(*(await _ask(settings, grant)))


async def _leaders_checksum(store: Coordination, group: Group) -> str:
    record = await store.read(status_key(group.name))
    try:
        return str(json.loads(record.value)["plan_now"]["checksum"])
    except (ValueError, KeyError, TypeError):
        return ""


async def _ask(settings: Settings, grant: Grant) -> tuple[bool, str]:
    name = settings.group.place(grant.holder).database
    try:
        async with asyncio.timeout(REACH_S):
            await reach_database(settings, name)
    except TimeoutError:
        return False, f"{name} did not answer within {REACH_S:g} s"
    except Failure as error:
        return False, error.what
    return True, f"{name} answered"
