"""The way home: what the old side alone has is kept before it is deleted, and only what is fenced is deleted."""

import asyncio
import json
from dataclasses import replace

import pytest
from small_world import NYC, SFO, SmallWorld, group

from farshore.model.failure import RetryLater, Unknown
from farshore.model.operator import Word
from farshore.model.permit import PROFILES, Gate
from farshore.plan.journal import Event, Granted, OperatorSaid, PlanFinished, PlanStarted, StepDone, StepStarted
from farshore.plan.plan import PlanKind
from farshore.plan.step import StepKind as K
from farshore.ports.cloud import Source
from farshore.sim.fake_database import FakeDatabase

FAST = replace(PROFILES["fast"], gate=Gate.TRIGGER)


class TwoRegions(SmallWorld):
    def standby(self) -> FakeDatabase:
        """NYC's database as the account has it now: it is another one after a rebuild."""
        server = self.cloud.find("db-nyc3")
        assert server is not None
        return self.cloud.open(server)

    async def fail_over(self) -> None:
        self.agents_see(SFO)
        await self.clock.advance(10)
        self.kill(NYC)
        self.agents_see(SFO, down=NYC)
        await self.clock.advance(20)

    async def come_back(self) -> None:
        self.revive(NYC)
        for app in self.apps[NYC].apps:
            app.endpoint = app.bridge = None
        for region in (NYC, SFO):
            self.agents_see(region)
        await self.clock.advance(15)


def a_world() -> TwoRegions:
    return TwoRegions(group(permit=FAST, allow_unfenced=False))


def play(world: TwoRegions, *acts: object) -> list[Event]:
    async def story() -> list[Event]:
        async with world.running():
            for act in acts:
                await act() if callable(act) else await world.clock.advance(float(str(act)))
        return await world.events()

    return asyncio.run(story())


def at(found: list[Event], kind: K, what: type = StepDone) -> float:
    return next(e.at_s for e in found if isinstance(e, what) and e.step is kind)


def rebuilt(found: list[Event]) -> bool:
    plans = [e.plan for e in found if isinstance(e, PlanStarted) and e.plan.kind is PlanKind.REBUILD]
    return bool(plans) and any(isinstance(e, PlanFinished) and e.plan == plans[-1].id for e in found)


def test_fail_over_rebuild_and_fail_back_end_where_they_began() -> None:
    world = a_world()
    say = world.say
    found = play(
        world, world.fail_over, world.come_back, lambda: say(Word.REBUILD), 150, lambda: say(Word.SWITCHOVER), 30
    )
    assert rebuilt(found)
    assert at(found, K.RETIRE_DATABASE, StepStarted) >= at(found, K.KEEP_DIVERGENCE)
    assert [(e.epoch, e.holder) for e in found if isinstance(e, Granted)] == [(1, NYC), (2, SFO), (3, NYC)]
    assert world.standby().source is None, "the writer is home again"
    (name,) = world.evidence.kept
    assert name == "shop-shop-epoch-2.jsonl"
    assert "summary" in json.loads(world.evidence.kept[name][-1])


def test_what_is_not_fenced_is_not_thrown_away() -> None:
    world = a_world()
    old = world.databases[NYC]
    found = play(world, world.fail_over, lambda: world.say(Word.REBUILD), 20)
    assert [e.answer for e in found if isinstance(e, OperatorSaid)] == [
        "refused: the old database is not proved fenced yet, so it is not thrown away"
    ]
    assert not rebuilt(found)
    assert old in world.cloud.fakes.values()


def test_a_database_that_somebody_else_has_fenced_further_is_kept() -> None:
    world = a_world()

    async def newer() -> None:
        world.databases[NYC].raise_known(9)  # type: ignore[arg-type]

    found = play(world, world.fail_over, world.come_back, newer, lambda: world.say(Word.REBUILD), 60)
    assert not any(isinstance(e, StepDone) and e.step is K.RETIRE_DATABASE for e in found)
    assert world.cloud.find("db-nyc3") is not None


@pytest.mark.parametrize("call", ["evidence.keep", "cloud.delete_database", "cloud.create_replica"])
def test_every_lost_answer_is_looked_up_and_nothing_is_done_twice(call: str) -> None:
    world = a_world()

    async def trouble() -> None:
        world.calls.fail_next(call, Unknown("The answer was lost."), after=True)
        await world.say(Word.REBUILD)

    found = play(world, world.fail_over, world.come_back, trouble, 200)
    assert rebuilt(found)
    assert world.cloud.made == 1
    assert world.standby().source is world.databases[SFO]


def test_without_the_files_nothing_is_deleted() -> None:
    world = a_world()

    async def full() -> None:
        world.calls.fail_next("evidence.keep", RetryLater("The disk is full."), times=1000)
        await world.say(Word.REBUILD)

    found = play(world, world.fail_over, world.come_back, full, 60)
    assert not any(isinstance(e, StepStarted) and e.step is K.RETIRE_DATABASE for e in found)
    assert world.cloud.find("db-nyc3") is not None


def test_the_writer_goes_on_selling_and_is_not_disturbed() -> None:
    """The plan names the standby as its region; nobody may take it for the one that is to sell."""
    world = a_world()

    async def look() -> None:
        assert world.sells(SFO)
        assert not world.sells(NYC)
        assert {app.endpoint.epoch for app in world.apps[SFO].apps if app.endpoint} == {2}

    play(world, world.fail_over, world.come_back, lambda: world.say(Word.REBUILD), 30, look, 120, look)


@pytest.mark.parametrize("by_itself", [True, False])
def test_home_by_itself_only_where_the_group_says_so_and_only_after_a_quiet_time(by_itself: bool) -> None:
    world = TwoRegions(group(permit=FAST, allow_unfenced=False, failback_after_s=300.0 if by_itself else None))
    looked: list[int] = []

    async def look() -> None:
        looked.append(sum(isinstance(e, Granted) for e in await world.events()))

    async def stir() -> None:
        """A standby that is away for a moment begins the quiet time anew."""
        world.standby().reachable = False
        await world.clock.advance(10)
        world.standby().reachable = True

    acts = (world.fail_over, world.come_back, lambda: world.say(Word.REBUILD), 150, 100, stir, 250, look, 120, look)
    found = play(world, *acts)
    assert looked == ([2, 3] if by_itself else [2, 2])
    plans = [(e.plan.kind, e.plan.rule) for e in found if isinstance(e, PlanStarted)]
    assert ((PlanKind.SWITCHOVER, "V45") in plans) is by_itself


def test_the_new_replica_stands_where_the_old_one_stood_and_admits_whom_it_admitted() -> None:
    world = a_world()
    (old,) = [server for server in world.cloud.servers.values() if server.name == "db-nyc3"]
    world.cloud.servers[old.id] = replace(old, network="vpc-nyc3")
    world.cloud.source_rules[old.id] = (Source("tag", "app-nyc3"),)
    play(world, world.fail_over, world.come_back, lambda: world.say(Word.REBUILD), 150)
    made = world.cloud.find("db-nyc3")
    assert made is not None
    assert made.id != old.id
    assert made.network == "vpc-nyc3"
    assert [(rule.kind, rule.value) for rule in world.cloud.source_rules[made.id]] == [("tag", "app-nyc3")]
