"""The planned change: nothing is promoted before the standby shows the fence, and an abort gives everything back."""

import asyncio
from dataclasses import replace

import pytest
from small_world import IPS, NYC, SFO, SmallWorld, group

from farshore.model.operator import Word
from farshore.model.permit import PROFILES, Gate
from farshore.model.region import Role
from farshore.plan.journal import Event, Granted, OperatorSaid, PlanFinished, PlanStarted, StepDone, StepStarted
from farshore.plan.planned import switchover
from farshore.plan.step import StepKind as K

FAST = replace(PROFILES["fast"], gate=Gate.TRIGGER)


def a_world() -> SmallWorld:
    return SmallWorld(group(permit=FAST, allow_unfenced=False))


def play(world: SmallWorld, *acts: object) -> list[Event]:
    async def story() -> list[Event]:
        async with world.running():
            world.agents_see(SFO)
            await world.clock.advance(10)
            for act in acts:
                await act() if callable(act) else await world.clock.advance(float(str(act)))
        return await world.events()

    return asyncio.run(story())


def at(found: list[Event], kind: K, what: type = StepDone) -> float:
    return next(e.at_s for e in found if isinstance(e, what) and e.step is kind)


def test_nothing_moves_before_what_makes_it_safe() -> None:
    plan = switchover(group(), 2, NYC)  # type: ignore[arg-type]
    seen: set[K] = set()
    for step in plan.steps:
        assert set(step.after) <= seen
        seen.add(step.kind)

    def before(kind: K) -> set[K]:
        return {k for after in plan.step(kind).after for k in {after} | before(after)}

    assert before(K.PROMOTE) >= {K.DRAIN, K.FENCE_DATABASE, K.REVOKE, K.FENCE_APP, K.CLOSE_CHECKOUT}
    assert before(K.OPEN_CHECKOUT) >= {K.GRANT, K.RAISE_EPOCH}
    assert not any(plan.step(kind).optional for kind in (K.REVOKE, K.FENCE_DATABASE, K.DRAIN, K.PROMOTE, K.GRANT))


def test_a_switchover_moves_the_writer_and_its_visitors() -> None:
    world = a_world()
    found = play(world, lambda: world.say(Word.SWITCHOVER), 20)
    assert [e.plan.kind for e in found if isinstance(e, PlanStarted)] == ["switchover"]
    assert any(isinstance(e, PlanFinished) for e in found)
    assert [(e.epoch, e.holder) for e in found if isinstance(e, Granted)] == [(1, NYC), (2, SFO)]
    assert at(found, K.PROMOTE, StepStarted) >= at(found, K.DRAIN)
    assert {app.endpoint.role for app in world.apps[SFO].apps if app.endpoint} == {Role.WRITER}
    assert all(app.whole for app in world.apps[SFO].apps), "nothing waits for reconciliation"
    assert {app.endpoint.role for app in world.apps[NYC].apps if app.endpoint} == {Role.STANDBY}
    assert {app.bridge.address for app in world.apps[NYC].apps if app.bridge} == {IPS[SFO]}
    assert world.databases[NYC].state["blocked:shop"] is True


@pytest.mark.parametrize("trouble", ["dead", "behind", "no replica"])
def test_it_is_not_begun_when_something_could_be_lost(trouble: str) -> None:
    world = a_world()

    async def spoil() -> None:
        if trouble == "dead":
            world.kill(NYC)
            world.agents_see(SFO, down=NYC)
            await world.say(Word.PAUSE, paused=True)
        elif trouble == "behind":
            world.databases[SFO].cut_link()
        else:
            world.databases[SFO].source = None

    found = play(world, spoil, 7, lambda: world.say(Word.SWITCHOVER), 20)
    assert not any(isinstance(e, PlanStarted) for e in found), "it was begun"
    assert [e.word for e in found if isinstance(e, OperatorSaid)][-1] == Word.SWITCHOVER
    assert asyncio.run(world.coordination.read("group/shop/grant")).value.count('"epoch": 1') == 1


def test_without_the_mark_nothing_is_promoted_and_an_abort_reopens_the_holder() -> None:
    world = a_world()
    world.calls.on_call = lambda label: world.databases[SFO].cut_link() if label == "app.close_checkout" else None
    found = play(world, lambda: world.say(Word.SWITCHOVER), 15, lambda: world.say(Word.ABORT), 15)
    assert any(isinstance(e, StepStarted) and e.step is K.DRAIN for e in found)
    assert not any(isinstance(e, StepStarted) and e.step is K.PROMOTE for e in found)
    assert [(e.epoch, e.holder) for e in found if isinstance(e, Granted)] == [(1, NYC), (3, NYC)]
    assert {app.endpoint.role for app in world.apps[NYC].apps if app.endpoint} == {Role.WRITER}
    assert world.databases[NYC].state["blocked:shop"] is False
    assert not any(app.closed for app in world.apps[NYC].apps)


def test_behind_a_gate_the_shops_user_is_not_locked_out() -> None:
    """A lock is replicated: pages in both regions would fail until the new writer lets the user in again."""
    stores = tuple(replace(store, guarded_tables=("orders",)) for store in group().stores)
    world = SmallWorld(group(permit=FAST, allow_unfenced=False, stores=stores))
    found = play(world, lambda: world.say(Word.SWITCHOVER), 20)
    assert any(isinstance(e, PlanFinished) for e in found)
    assert world.calls.count("database.fence_orders") == 1
    assert "blocked:shop" not in world.databases[NYC].state
