"""An order that accepts a named loss: possible where automation would not, on record, and never round the fence."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from small_world import NYC, SFO, SmallWorld, group

from farshore.engine.controller import Ending
from farshore.engine.obey import LOSS_GROWS_MAX_S
from farshore.model.failure import RetryLater
from farshore.model.group import Mode, Thresholds
from farshore.model.operator import OperatorWord, Word
from farshore.plan.journal import Event, Granted, OperatorSaid, PlanStarted, PlanStuck, StepDone, from_json, to_json
from farshore.plan.loss import beyond_budget, unspoken_losses
from farshore.plan.step import StepKind as K

CUT_S = 20.0  # how long replication is cut before somebody speaks
Scene = Callable[[SmallWorld], Coroutine[Any, Any, None]]


def _play(world: SmallWorld, *scenes: Scene) -> list[Event]:
    """Ten quiet seconds, then the scenes. The journal's promise is checked at the end of every story."""

    async def play() -> list[Event]:
        world.agents_see(SFO)
        async with world.running():
            await world.clock.advance(10)
            for scene in scenes:
                await scene(world)
        return await world.events()

    events = asyncio.run(play())
    assert unspoken_losses(events) == ()
    return events


async def _cut(world: SmallWorld) -> None:
    world.databases[SFO].cut_link()
    await world.clock.advance(CUT_S)


def _order(**more: object) -> Scene:
    async def order(world: SmallWorld) -> None:
        await world.say(Word.FAILOVER, **more)
        await world.clock.advance(20)

    return order


ACCEPTED = _order(accept_loss=True, loss_s=20.0)


def _started(events: list[Event]) -> list[PlanStarted]:
    return [event for event in events if isinstance(event, PlanStarted)]


def test_without_the_word_a_serving_writer_keeps_its_orders() -> None:
    world = SmallWorld()
    events = _play(world, _cut, _order())
    assert _started(events) == []
    assert world.sells(NYC)


def test_a_named_loss_is_accepted_and_stands_in_the_journal_with_name_time_and_lag() -> None:
    world = SmallWorld()
    events = _play(world, _cut, ACCEPTED)
    said = next(event for event in events if isinstance(event, OperatorSaid))
    (started,) = _started(events)
    assert (said.word, said.who, said.accept_loss, said.loss_s) == ("failover", "ann", True, 20.0)
    assert said.at
    assert said.behind_s is not None
    assert CUT_S - 2 <= said.behind_s <= CUT_S + 2
    assert (started.plan.rule, started.word, started.budget_s) == ("V32", said.revision, 5.0)
    assert beyond_budget(started)
    assert world.sells(SFO)
    assert not world.sells(NYC)
    assert [from_json(to_json(event)) for event in events] == events, "it can be read back from the journal"


def test_the_fence_is_proved_before_anything_is_promoted() -> None:
    world = SmallWorld()
    events = _play(world, _cut, ACCEPTED)
    done = [event.step for event in events if isinstance(event, StepDone)]
    assert done.index(K.FENCE_DATABASE) < done.index(K.PROMOTE)


def test_a_writer_that_cannot_be_fenced_is_not_given_a_second_one() -> None:
    """Not even where allow_unfenced is true: a loss was accepted, and two writers were not."""
    world = SmallWorld(group(allow_unfenced=True))
    silent = RetryLater("Database first does not answer.")
    world.calls.fail_next("database.fence", silent, times=10_000)

    async def wait(world: SmallWorld) -> None:
        await world.clock.advance(40)

    events = _play(world, _cut, ACCEPTED, wait)
    stuck = next(event for event in events if isinstance(event, PlanStuck))
    assert stuck.step is K.FENCE_DATABASE
    assert "no leave for two writers" in stuck.why
    assert world.calls.count("cloud.promote") == 0
    assert [event.epoch for event in events if isinstance(event, Granted)] == [1]


def test_seconds_that_were_accepted_are_no_leave_to_lose_minutes() -> None:
    world = SmallWorld()

    async def long_cut(world: SmallWorld) -> None:
        world.databases[SFO].cut_link()
        await world.clock.advance(LOSS_GROWS_MAX_S + 30)

    events = _play(world, long_cut, ACCEPTED)
    said = next(event for event in events if isinstance(event, OperatorSaid))
    assert said.answer.startswith("refused: the loss that was accepted is 20 s, and the standby is 9")
    assert _started(events) == []
    assert world.sells(NYC)


def test_a_loss_that_nobody_could_name_may_be_accepted_too() -> None:
    events = _play(SmallWorld(), _cut, _order(accept_loss=True))
    assert _started(events)[0].plan.rule == "V32"


def test_a_word_that_accepts_nothing_accepts_nothing_after_one_that_did() -> None:
    """The acceptance belongs to one word: the next order has to name its own."""
    world = SmallWorld()

    async def standby_gone(world: SmallWorld) -> None:
        world.kill(SFO)
        await world.clock.advance(10)

    async def back(world: SmallWorld) -> None:
        world.revive(SFO)
        await world.clock.advance(10)

    events = _play(world, _cut, standby_gone, ACCEPTED, back, _order())
    assert _started(events) == []
    assert world.sells(NYC)


def _restrained(**changes: object) -> SmallWorld:
    return SmallWorld(group(**changes))


async def _pause(world: SmallWorld) -> None:
    await world.say(Word.PAUSE, paused=True)
    await world.clock.advance(2)


async def _nothing(world: SmallWorld) -> None:
    await world.clock.advance(1)


async def _recent_failover(world: SmallWorld) -> None:
    """Begun and aborted before its promotion: the cool-down runs, and nyc3 sells again."""
    world.calls.fail_next("database.fence", RetryLater("It is busy."), times=4)
    await world.say(Word.FAILOVER)
    await world.clock.advance(0.5)
    await world.say(Word.ABORT)
    await world.clock.advance(20)


@pytest.mark.parametrize(
    ("world", "restraint"),
    [
        (_restrained(), _pause),
        (_restrained(mode=Mode.MANUAL), _nothing),
        (_restrained(mode=Mode.APPROVE, thresholds=Thresholds(veto_s=600.0)), _nothing),
        (_restrained(), _recent_failover),
    ],
    ids=["paused", "manual", "approve", "cool-down"],
)
@pytest.mark.parametrize("dead", [False, True], ids=["serving", "dead"])
def test_an_order_goes_past_what_holds_automation_back(world: SmallWorld, restraint: Scene, dead: bool) -> None:
    """Paused, manual, before the veto is over, within the cool-down: alone it stays, ordered it goes."""
    world = SmallWorld(world.group)

    async def down(world: SmallWorld) -> None:
        if dead:
            world.kill(NYC)
            world.agents_see(SFO, down=NYC)
        await world.clock.advance(20)

    before = _play(world, restraint, down)
    plans = len(_started(before))
    alone = [event for event in before if isinstance(event, Granted) and event.holder == SFO]
    assert alone == []

    world = SmallWorld(world.group)
    events = _play(world, restraint, down, _order(accept_loss=True, loss_s=30.0))
    last = _started(events)[-1]
    assert len(_started(events)) == plans + 1
    assert last.plan.rule in ("V30", "V31")
    assert last.word


def test_the_one_shot_command_accepts_a_loss_as_well() -> None:
    """It leads for one plan only, and measures the lag itself before it gives the word."""
    world = SmallWorld()

    async def play() -> Ending:
        world.agents_see(SFO)
        async with world.running():
            await world.clock.advance(10)
        await _cut(world)
        order = OperatorWord(Word.FAILOVER, "ann", accept_loss=True, loss_s=60.0)
        work = asyncio.create_task(world.controller("cli").carry_out(order, 50.0))
        await world.clock.advance(60)
        return await work

    assert asyncio.run(play()).how == "finished"
    events = asyncio.run(world.events())
    assert unspoken_losses(events) == ()
    assert _started(events)[0].word
    assert world.sells(SFO)


def test_the_journal_convicts_a_promotion_that_nobody_spoke_for() -> None:
    """The check itself can fail: without the word, without its name, or with a word that came later."""
    events = _play(SmallWorld(), _cut, ACCEPTED)
    (started,) = _started(events)
    said = next(event for event in events if isinstance(event, OperatorSaid))
    nameless = OperatorSaid(said.at_s, said.word, "", said.revision)
    for forged in ([started], [nameless, started], [started, said]):
        assert unspoken_losses(forged) == (started,)
