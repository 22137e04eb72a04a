"""The order journal: do the other region's agents keep it, and does anything of it wait?"""

import asyncio
from collections.abc import Mapping, Sequence

from farshore.daemon.readiness.finding import Finding, fail, ok, warn
from farshore.engine.world import World
from farshore.model.failure import Failure
from farshore.model.grant import Grant
from farshore.model.group import Group, Store
from farshore.model.order_journal import JournalState
from farshore.ports.app import App

States = Mapping[str, JournalState]  # by store
ByAgent = Mapping[str, States]


async def check_journal(group: Group, world: World, grant: Grant) -> list[Finding]:
    """Nothing where no store keeps one. Agents that do not answer at all are another check's business."""
    stores = [store for store in group.stores if store.journal.on]
    if not stores:
        return []
    standby = group.other(grant.holder).region
    here, there = await asyncio.gather(_ask(world.apps[grant.holder].all()), _ask(world.apps[standby].all()))
    return [_store(store, standby, here, there) for store in stores]


def _store(store: Store, standby: str, here: ByAgent, there: ByAgent) -> Finding:
    what = f"journal of {store.name}"
    keepers = [agent for agent, states in there.items() if store.name in states]
    if not keepers:
        return fail(what, f"no agent in {standby} keeps it, so every order is exposed", "Run `farshore agents deploy`.")
    silent = [agent for agent, states in {**here, **there}.items() if store.name not in states]
    if silent:
        return warn(what, f"{', '.join(silent)} were not told of it", "Run `farshore agents deploy`.")
    for agent, states in {**here, **there}.items():
        if states[store.name].trouble:
            return warn(what, f"{agent}: {states[store.name].trouble}", "Repair that on the app server.")
    exposed = sum(states[store.name].exposed for states in here.values())
    if exposed:
        return warn(
            what, f"{exposed} entries are exposed: {standby} has not got them", "Is the line between the regions up?"
        )
    entries = max(states[store.name].entries for states in there.values())
    return ok(what, f"{len(keepers)} agents in {standby} keep it, {entries} entries, nothing exposed")


async def _ask(apps: Sequence[App]) -> ByAgent:
    answers = await asyncio.gather(*(_states(app) for app in apps))
    return {app.name: states for app, states in zip(apps, answers, strict=True) if states is not None}


async def _states(app: App) -> States | None:
    try:
        return await app.journal.state()
    except Failure:
        return None
