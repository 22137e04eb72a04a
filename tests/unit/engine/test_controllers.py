"""One shot, two controllers, and a leader that is deposed in the middle."""

import asyncio

from small_world import NYC, SFO, SmallWorld, group

from farshore.engine.controller import Ending
from farshore.model.failure import Unknown
from farshore.model.group import Mode
from farshore.model.operator import OperatorWord, Word
from farshore.plan.journal import PlanFinished, PlanStarted


async def _one_shot(world: SmallWorld, seconds: float = 60.0, checksum: str = "") -> Ending:
    work = asyncio.create_task(
        world.controller("cli").carry_out(OperatorWord(Word.FAILOVER, "ann", plan=checksum), 50.0)
    )
    await world.clock.advance(seconds)
    return await work


def test_one_shot_fails_over_without_a_daemon() -> None:
    world = SmallWorld()
    world.kill(NYC)
    ending = asyncio.run(_one_shot(world))
    assert ending == Ending("finished", "", "failover-2")
    assert world.sells(SFO)


def test_one_shot_tells_why_not() -> None:
    world = SmallWorld()
    world.kill(SFO)
    ending = asyncio.run(_one_shot(world))
    assert ending.how == "refused"
    assert "V35" in ending.why
    world = SmallWorld()
    ending = asyncio.run(_one_shot(world, checksum="123456789abc"))
    assert ending.how == "refused"


def test_one_shot_is_stuck_where_the_plan_is() -> None:
    world = SmallWorld(group(allow_unfenced=False, mode=Mode.MANUAL))
    world.kill(NYC)
    ending = asyncio.run(_one_shot(world))
    assert ending.how == "stuck"
    assert "The old database is not fenced" in ending.why


def test_one_shot_says_which_part_the_account_lacks() -> None:
    world = SmallWorld()
    del world.cloud.balancers["lb-sfo3"]
    ending = asyncio.run(_one_shot(world))
    assert ending.how == "refused"
    assert "lb-sfo3" in ending.why


def test_of_two_controllers_one_acts() -> None:
    world = SmallWorld()

    async def both() -> None:
        world.agents_see(SFO)
        async with world.running("c1"), world.running("c2") as second:
            await world.clock.advance(10)
            world.kill(NYC)
            world.agents_see(SFO, down=NYC)
            await world.clock.advance(20)
            assert second.state.verdict is not None
            assert second.state.verdict.rule == "V15"
        events = await world.events()
        assert sum(isinstance(e, PlanStarted) for e in events) == 1

    asyncio.run(both())
    assert world.calls.count("cloud.promote") == 1


def test_a_leader_that_cannot_renew_stops_and_another_finishes_its_plan() -> None:
    """The lease runs out in the middle of the plan; what the old leader still does is refused by its term."""
    world = SmallWorld(promote_delay_s=20.0)

    async def depose() -> None:
        world.agents_see(SFO)
        async with world.running("c1") as first:
            await world.clock.advance(10)
            world.kill(NYC)
            world.agents_see(SFO, down=NYC)
            await world.clock.advance(5)
            assert first.state.phase == "running"
            world.calls.fail_next("coordination.lead", Unknown("The answer was lost."), times=6)
            await world.clock.advance(6)
            assert not first.state.leads(world.clock.now_s()) or first.state.term > 1
            async with world.running("c2"):
                await world.clock.advance(40)
        events = await world.events()
        assert sum(isinstance(e, PlanFinished) for e in events) == 1

    asyncio.run(depose())
    assert world.sells(SFO)
    assert world.calls.count("database.jump_ids") == 1
