"""Transcripts that read as a story: what the journal and the world say of a failover, second by second.

FARSHORE_GOLDEN=write rewrites them; commit one only when every line of the difference is understood.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from small_world import NYC, SFO, SmallWorld, group

from farshore.model.failure import Unknown
from farshore.model.operator import Word
from farshore.plan.journal import (
    Event,
    Granted,
    OperatorSaid,
    PlanAborted,
    PlanFinished,
    PlanStarted,
    PlanStuck,
    StepDone,
    StepFailed,
    StepSkipped,
    StepStarted,
    VerdictChanged,
)

GOLDEN = Path(__file__).parent / "golden"
DEATH_S = 1010.0


def tell(event: Event) -> str:
    """One line of the story; times count from the region's death."""
    at = f"{event.at_s - DEATH_S:+7.2f}  "
    match event:
        case VerdictChanged():
            return f"{at}verdict {event.rule} ({event.call}): {event.because}"
        case OperatorSaid():
            return f"{at}{event.who} says {event.word} {event.step}".rstrip() + f" -> {event.answer}"
        case PlanStarted():
            return f"{at}PLAN {event.plan.id}: {event.plan.from_region} -> {event.plan.to_region}"
        case StepStarted():
            return f"{at}  {event.step} begins" + (f" (attempt {event.attempt})" if event.attempt > 1 else "")
        case StepDone():
            left = f" (left: {', '.join(event.left)})" if event.left else ""
            return f"{at}  {event.step} done: {event.detail}{left}"
        case StepFailed():
            return f"{at}  {event.step} failed: {event.why}"
        case StepSkipped():
            return f"{at}  {event.step} skipped by {event.by}: {event.why}"
        case PlanFinished():
            return f"{at}PLAN {event.plan} finished"
        case PlanStuck():
            return f"{at}PLAN {event.plan} STUCK at {event.step}: {event.why}"
        case PlanAborted():
            return f"{at}PLAN {event.plan} aborted by {event.who}"
        case Granted():
            return f"{at}epoch {event.epoch} granted to {event.holder}"


async def _die(world: SmallWorld) -> None:
    world.agents_see(SFO)
    await world.clock.advance(10)
    world.kill(NYC)
    world.agents_see(SFO, down=NYC)


async def region_dies_and_comes_back(world: SmallWorld) -> None:
    await _die(world)
    await world.clock.advance(10)
    world.revive(NYC)
    await world.clock.advance(5)


async def promotion_is_ambiguous(world: SmallWorld) -> None:
    await _die(world)
    world.calls.fail_next("cloud.promote", Unknown("The answer to promote was lost."), after=True)
    await world.clock.advance(10)


async def stuck_at_the_fence_and_taken_over(world: SmallWorld) -> None:
    await _die(world)
    await world.clock.advance(40)
    await world.say(Word.TAKE_OVER, step="fence_database")
    await world.clock.advance(10)


async def aborted_and_reopened(world: SmallWorld) -> None:
    await _die(world)
    await world.clock.advance(3.4)
    await world.say(Word.ABORT)
    await world.clock.advance(5)
    world.revive(NYC)
    await world.clock.advance(10)


STORIES: dict[Callable[[SmallWorld], Awaitable[None]], SmallWorld] = {
    region_dies_and_comes_back: SmallWorld(),
    promotion_is_ambiguous: SmallWorld(),
    stuck_at_the_fence_and_taken_over: SmallWorld(group(allow_unfenced=False)),
    aborted_and_reopened: SmallWorld(),
}


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_the_story_is_told_as_it_was(story: Callable[[SmallWorld], Awaitable[None]]) -> None:
    world = STORIES[story]

    async def play() -> list[Event]:
        async with world.running():
            await story(world)
        return await world.events()

    lines = [tell(event) for event in asyncio.run(play())]
    lines += ["", "told:"] + [f"  [{notice.level}] {notice.title}: {notice.text}" for notice in world.notifier.told]
    text = "\n".join(lines) + "\n"
    path = GOLDEN / f"{story.__name__}.txt"
    if os.environ.get("FARSHORE_GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()
