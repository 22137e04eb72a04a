"""Power loss at every boundary of a failover: another controller resumes, and the end is the same world.

The boundary is any call that touches the world or the journal. From the chosen one on, nothing that the first
controller does has any effect; a second one then wins the lease when it has run out.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from small_world import DOMAIN, NYC, SFO, SmallWorld, group

from farshore.model.keys import grant_key
from farshore.model.operator import Word
from farshore.plan.journal import Granted, PlanFinished, PlanStarted, StepDone
from farshore.plan.step import StepKind

TOUCHES = (
    "coordination.append",
    "coordination.swap",
    "cloud.promote",
    "dns.replace",
    "database.fence",
    "database.before_promotion",
    "database.raise_epoch",
    "database.unfence",
    "database.jump_ids",
    "app.point",
    "notifier.tell",
)


class PowerLoss(BaseException):
    """Not an Exception: no handler in the code under test may eat it."""


class Plug:
    """Pulled at the `at`-th touch since it was armed; everything after that fails the same way."""

    def __init__(self, at: int | None) -> None:
        self.at, self.count, self.pulled = at, 0, False

    def __call__(self, label: str) -> None:
        if not self.pulled and label in TOUCHES:
            self.count += 1
            self.pulled = self.count == self.at
        if self.pulled:
            raise PowerLoss


async def _die_and_resume(world: SmallWorld, plug: Plug, meanwhile: Callable[[], Any] | None = None) -> None:
    # Tasks that lost their power are not news.
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    world.agents_see(SFO)
    first = asyncio.create_task(world.controller("c1").run(asyncio.Event()))
    await world.clock.advance(10)
    world.kill(NYC)
    world.agents_see(SFO, down=NYC)
    world.calls.on_call = plug
    await world.clock.advance(8)
    plug.pulled = True
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    world.calls.on_call = None
    if meanwhile is not None:
        await meanwhile()
    async with world.running("c2"):
        await world.clock.advance(30)
        world.revive(NYC)
        await world.clock.advance(6)


async def _end(world: SmallWorld) -> dict[str, object]:
    """Everything a shopper, an operator or a database could tell apart."""
    events = await world.events()
    return {
        "grant": (await world.coordination.read(grant_key("shop"))).value,
        "dns": world.dns._stored[(DOMAIN, "A")],
        "sells": (world.sells(NYC), world.sells(SFO)),
        "epochs": (world.databases[NYC].state.get("epoch"), world.databases[SFO].state.get("epoch")),
        "ids": world.databases[SFO].counter("shop", "auto_increment"),
        "blocked": (world.databases[NYC].state.get("blocked:shop"), world.databases[SFO].state.get("blocked:shop")),
        "endpoints": [app.endpoint for apps in world.apps.values() for app in apps.apps],
        "plans": [e.plan.id for e in events if isinstance(e, PlanStarted)],
        "finished": [e.plan for e in events if isinstance(e, PlanFinished)],
        "granted": {(e.epoch, e.holder) for e in events if isinstance(e, Granted)},
    }


def _calm(allow_unfenced: bool) -> tuple[dict[str, object], int]:
    async def run() -> tuple[dict[str, object], int]:
        world, plug = SmallWorld(group(allow_unfenced=allow_unfenced)), Plug(None)
        await _die_and_resume(world, plug)
        return await _end(world), plug.count

    return asyncio.run(run())


CALM, BOUNDARIES = _calm(True)


def test_the_calm_run_touches_the_world_often_enough_to_mean_something() -> None:
    assert BOUNDARIES > 40
    assert CALM["sells"] == (False, True)
    assert CALM["plans"] == CALM["finished"] == ["failover-2"]


@pytest.mark.parametrize("at", range(1, BOUNDARIES + 1))
def test_power_loss_at_every_boundary_ends_in_the_same_world(at: int) -> None:
    async def run() -> dict[str, object]:
        world = SmallWorld()
        await _die_and_resume(world, Plug(at))
        events = await world.events()
        done = [e.step for e in events if isinstance(e, StepDone) and e.plan == "failover-2"]
        assert len(done) == len(set(done)), "a step that is known to be done is not done again"
        return await _end(world)

    end = asyncio.run(run())
    if end["plans"] == []:
        # The leader died before it had written a plan, and nobody watched for longer than the RPO budget: it asks.
        assert end["sells"] == (True, False)
        return
    assert end == CALM


@pytest.mark.parametrize("at", range(6, BOUNDARIES + 1, 5))
def test_an_abort_after_a_crash_leaves_exactly_one_region_that_sells(at: int) -> None:
    """Invariant 14's second half, whatever had been done: before the grant the old region, after it the new one."""

    async def run() -> SmallWorld:
        world = SmallWorld()
        await _die_and_resume(world, Plug(at), lambda: world.say(Word.ABORT))
        await _settle(world)
        return world

    async def _settle(world: SmallWorld) -> None:
        async with world.running("c3"):
            await world.clock.advance(30)

    world = asyncio.run(run())
    assert [world.sells(NYC), world.sells(SFO)].count(True) == 1
    epochs = [d.state.get("epoch", 0) for d in world.databases.values()]
    events = asyncio.run(world.events())
    holder = [e for e in events if isinstance(e, Granted)][-1]
    assert world.sells(holder.holder)
    assert world.databases[holder.holder].state["epoch"] == holder.epoch == max(epochs)


def test_boundaries_reach_the_last_step() -> None:
    """The table above would shrink silently if the boundaries were counted wrongly."""

    async def run() -> list[StepKind]:
        world = SmallWorld()
        await _die_and_resume(world, Plug(BOUNDARIES))
        events = await world.events()
        return [e.step for e in events if isinstance(e, StepDone) and e.plan == "failover-2"]

    assert StepKind.REPORT in asyncio.run(run())
