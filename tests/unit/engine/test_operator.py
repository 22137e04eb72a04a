"""The operator's word beats automation, at every tick of a failover."""

import asyncio
from collections import Counter

import pytest
from small_world import NYC, SFO, SmallWorld, group

from farshore.model.group import Mode
from farshore.model.operator import Word
from farshore.plan.journal import Event, OperatorSaid, PlanFinished, PlanStarted, StepDone, StepSkipped, StepStarted
from farshore.plan.step import StepKind as K

MOMENTS = [1.0, 3.0, 3.9, 4.0, 4.5, 5.0, 5.1, 5.3, 8.0]  # after the death: verdict at 4, first order at 5.2


async def _speak(world: SmallWorld, at_s: float, *words: Word, step: str = "", gap_s: float = 4.0) -> list[Event]:
    """The region dies, `at_s` later the operator speaks, and what follows is left to itself."""
    world.agents_see(SFO)
    async with world.running():
        await world.clock.advance(10)
        world.kill(NYC)
        world.agents_see(SFO, down=NYC)
        await world.clock.advance(at_s)
        for word in words:
            paused = word is Word.PAUSE if word in (Word.PAUSE, Word.RESUME) else None
            await world.say(word, step=step, **({} if paused is None else {"paused": paused}))
            await world.clock.advance(gap_s)
        world.revive(NYC)
        await world.clock.advance(12)
    return await world.events()


def _words(events: list[Event]) -> list[tuple[str, str]]:
    return [(e.word, e.answer) for e in events if isinstance(e, OperatorSaid)]


@pytest.mark.parametrize("at_s", MOMENTS)
def test_a_pause_begins_nothing_more_from_the_next_tick_on(at_s: float) -> None:
    world = SmallWorld()
    events = asyncio.run(_speak(world, at_s, Word.PAUSE))
    said_s = next(e.at_s for e in events if isinstance(e, OperatorSaid))
    assert said_s - (1010.0 + at_s) <= world.group.thresholds.interval_s
    later = [e for e in events if isinstance(e, StepStarted) and e.at_s > said_s and not e.plan.startswith("hold")]
    assert not later
    assert sum(isinstance(e, OperatorSaid) for e in events) == 1, "a word is obeyed once"


@pytest.mark.parametrize("at_s", MOMENTS)
def test_a_resumed_pause_ends_in_the_same_world(at_s: float) -> None:
    world = SmallWorld()
    asyncio.run(_speak(world, at_s, Word.PAUSE, Word.RESUME))
    assert world.sells(SFO)
    assert not world.sells(NYC)
    assert world.calls.count("cloud.promote") == 1


@pytest.mark.parametrize("at_s", MOMENTS)
def test_an_abort_leaves_exactly_one_region_that_sells(at_s: float) -> None:
    world = SmallWorld()
    events = asyncio.run(_speak(world, at_s, Word.ABORT))
    assert [world.sells(NYC), world.sells(SFO)].count(True) == 1
    ((_, answer),) = _words(events)
    assert answer == "aborted" or answer.startswith(("too late", "no plan"))
    if answer == "aborted":
        assert world.sells(NYC)
        assert any(isinstance(e, PlanStarted) and e.plan.kind == "reopen" for e in events)
        assert world.databases[NYC].state["epoch"] == 3, "an abort grants a new epoch"


def test_an_aborted_failovers_region_reopens_when_it_comes_back_however_late() -> None:
    world = SmallWorld(group(allow_unfenced=False))
    events = asyncio.run(_speak(world, 8.0, Word.ABORT, gap_s=120.0))
    assert world.sells(NYC)
    assert any(isinstance(e, PlanFinished) and e.plan == "reopen-3" for e in events)


def test_an_abort_is_not_answered_by_a_new_failover() -> None:
    """The writer is still down when the plan is aborted; automation must not begin again."""
    world = SmallWorld(group(allow_unfenced=False))
    events = asyncio.run(_speak(world, 6.0, Word.ABORT))
    assert sum(isinstance(e, PlanStarted) and e.plan.kind == "failover" for e in events) == 1
    assert world.sells(NYC)


@pytest.mark.parametrize("at_s", MOMENTS)
@pytest.mark.parametrize("step", [K.FENCE_DATABASE, K.SWITCH_DNS, K.VERIFY])
def test_a_step_done_by_hand_is_taken_over_at_any_moment(at_s: float, step: K) -> None:
    world = SmallWorld()
    events = asyncio.run(_speak(world, at_s, Word.TAKE_OVER, step=step))
    assert any(isinstance(e, PlanFinished) for e in events)
    assert world.sells(SFO)
    ((_, answer),) = _words(events)
    skipped = [e for e in events if isinstance(e, StepSkipped) and e.by == "ann"]
    assert bool(skipped) == answer.startswith(f"{step} counts as done")


def test_a_fence_done_by_hand_lets_a_stuck_plan_go_on() -> None:
    world = SmallWorld(group(allow_unfenced=False))
    events = asyncio.run(_speak(world, 40.0, Word.TAKE_OVER, step=K.FENCE_DATABASE))
    assert any(isinstance(e, StepDone) and e.step is K.PROMOTE for e in events)
    assert world.sells(SFO)


def test_the_grant_cannot_be_taken_over_and_nonsense_is_answered() -> None:
    world = SmallWorld(group(allow_unfenced=False))
    events = asyncio.run(_speak(world, 40.0, Word.TAKE_OVER, step="grant"))
    assert "only the store of record" in _words(events)[0][1]
    world = SmallWorld(group(allow_unfenced=False))
    events = asyncio.run(_speak(world, 40.0, Word.TAKE_OVER, step="dance"))
    assert "has no step dance" in _words(events)[0][1]


def test_an_order_fails_a_healthy_writer_over_and_fences_it_first() -> None:
    world = SmallWorld()

    async def order() -> list[Event]:
        world.agents_see(SFO)
        async with world.running():
            await world.clock.advance(10)
            await world.say(Word.FAILOVER)
            await world.clock.advance(20)
        return await world.events()

    events = asyncio.run(order())
    started = next(e for e in events if isinstance(e, PlanStarted))
    assert started.plan.rule == "V30"
    assert world.sells(SFO)
    assert not world.sells(NYC)
    assert world.databases[NYC].state["blocked:shop"]


def test_an_order_for_another_plan_is_refused() -> None:
    world = SmallWorld()

    async def order() -> list[Event]:
        world.agents_see(SFO)
        async with world.running():
            await world.clock.advance(10)
            await world.say(Word.FAILOVER, plan="123456789abc")
            await world.clock.advance(20)
        return await world.events()

    events = asyncio.run(order())
    assert _words(events)[0][1].startswith("refused: the plan that fits now")
    assert not any(isinstance(e, PlanStarted) for e in events)


def test_an_order_that_could_not_begin_lapses_and_does_not_surprise_anybody_later() -> None:
    world = SmallWorld()

    async def order() -> None:
        world.agents_see(SFO)
        async with world.running() as controller:
            await world.clock.advance(10)
            world.kill(SFO)
            await world.clock.advance(10)
            await world.say(Word.FAILOVER)
            await world.clock.advance(2)
            assert controller.state.verdict is not None
            assert controller.state.verdict.rule == "V35"
            await world.clock.advance(20)
            world.revive(SFO)
            world.databases[SFO].link_up = True
            await world.clock.advance(20)
        assert world.sells(NYC)

    asyncio.run(order())


def test_an_approval_lapses_when_the_writer_serves_again() -> None:
    world = SmallWorld()

    async def approve() -> list[Event]:
        world.agents_see(SFO)
        async with world.running():
            await world.clock.advance(10)
            await world.say(Word.APPROVE)
            await world.clock.advance(5)
            world.kill(NYC)
            await world.clock.advance(20)  # one witness only: with an approval still standing this would fail over
        return await world.events()

    events = asyncio.run(approve())
    assert [answer for _, answer in _words(events)][1:] == ["lapsed: the writer serves"]
    assert not any(isinstance(e, PlanStarted) for e in events)


def test_a_word_survives_the_controller_that_heard_it() -> None:
    """Obeyed by the next leader, once."""
    world = SmallWorld()

    async def handover() -> None:
        world.agents_see(SFO)
        await world.say(Word.PAUSE, paused=True)
        async with world.running("c1"):
            await world.clock.advance(5)
        async with world.running("c2"):
            await world.clock.advance(5)
            world.kill(NYC)
            world.agents_see(SFO, down=NYC)
            await world.clock.advance(20)
        events = await world.events()
        assert len(_words(events)) == 1
        assert not any(isinstance(e, PlanStarted) for e in events)

    asyncio.run(handover())


def test_a_question_that_flickers_is_asked_once_a_minute() -> None:
    """Two places see the writer down, then one, and so on: people are told of each rule once."""
    world = SmallWorld(group(mode=Mode.MANUAL))

    async def story() -> None:
        async with world.running():
            world.agents_see(SFO)
            await world.clock.advance(10)
            world.kill(NYC)
            for _ in range(10):
                world.agents_see(SFO, down=NYC)
                await world.clock.advance(2)
                world.databases[SFO].reachable = not world.databases[SFO].reachable
                world.agents_see(SFO)
                await world.clock.advance(2)

    asyncio.run(story())
    told = Counter(notice.text for notice in world.notifier.told if "your word is needed" in notice.title)
    assert told
    assert max(told.values()) == 1, told
