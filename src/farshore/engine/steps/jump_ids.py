"""jump_ids: id counters past what may be lost, once for each plan, so that lost orders keep their ids free.

The replica's own counters lag behind by what was lost. The order journal knows better where it was asked in time; the
gap comes on top, for it knows only what was journalled.
"""

import asyncio
from collections.abc import Mapping

from farshore.engine.steps.context import Done, StepContext
from farshore.engine.within import within
from farshore.model.failure import Failure
from farshore.model.order_journal import JournalState
from farshore.ports.app import App

JOURNAL_S = 0.3  # an agent that takes longer is not waited for: nobody sells meanwhile


async def perform(ctx: StepContext) -> Done:
    gap, moved = ctx.group.thresholds.id_gap, 0
    largest = await _largest_ids(ctx)
    for store in ctx.group.stores:
        past = largest.get(store.name, 0)
        moved += await ctx.gaining.database.jump_ids(store.database, store.id_counters, gap, ctx.plan.id, past)
    known = "".join(f", past {name}'s journalled order {number}" for name, number in sorted(largest.items()))
    return Done(f"{moved} counters moved by {gap}{known}" if moved else "moved already")


async def _largest_ids(ctx: StepContext) -> dict[str, int]:
    """By store, over all agents of the gaining region that answer in time."""
    on = {store.name for store in ctx.group.stores if store.journal.on}
    apps = ctx.world.apps[ctx.plan.to_region].all() if on else ()
    largest: dict[str, int] = {}
    for found in await asyncio.gather(*(_ask(ctx, app) for app in apps)):
        for name, number in found.items():
            if name in on and number:
                largest[name] = max(number, largest.get(name, 0))
    return largest


async def _ask(ctx: StepContext, app: App) -> dict[str, int]:
    try:
        states = await within(ctx.world.clock, JOURNAL_S, _states(app), f"Agent {app.name}")
    except Failure:
        return {}
    return {name: state.largest_id for name, state in states.items()}


async def _states(app: App) -> Mapping[str, JournalState]:
    return await app.journal.state()
