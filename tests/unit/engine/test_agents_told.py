"""What app servers are told besides their endpoint: how to renew, and where late visitors go."""

import asyncio
from dataclasses import replace

from small_world import IPS, NYC, SFO, SmallWorld, group

from farshore.engine.controller import Controller
from farshore.model.failure import Refused
from farshore.model.permit import PROFILES, Gate, Permit
from farshore.plan.journal import StepStarted
from farshore.plan.step import StepKind
from farshore.ports.app import Bridge, BridgeWhat, Promisor

FAST = replace(PROFILES["fast"], gate=Gate.TRIGGER)


class RelayWorld(SmallWorld):
    def controller(self, name: str = "c1") -> Controller:
        world = replace(self.world(), relay=lambda: "203.0.113.130:9471")
        return Controller(self.group, world, name, "lon1")


def test_every_app_server_learns_how_to_renew_from_us_or_through_the_other_region() -> None:
    world = RelayWorld(group(permit=FAST))

    async def play() -> None:
        async with world.running():
            world.agents_see(SFO)
            await world.clock.advance(5)
            for app in world.apps[NYC].apps:
                assert app.told == FAST
                assert app.relays == ("203.0.113.130:9471", "app-s1.test:9470", "app-s2.test:9470")
                assert app.promisors == (Promisor("app-s1", "app-s1.test:9470"), Promisor("app-s2", "app-s2.test:9470"))
            for app in world.apps[SFO].apps:
                assert app.relays == ("203.0.113.130:9471", "app-n1.test:9470", "app-n2.test:9470")
                assert {promisor.name for promisor in app.promisors} == {"app-s1", "app-s2"}
            record = await world.coordination.read("group/shop/grant")
            assert Permit.from_json(record.value).witnesses == ("app-s1", "app-s2")
            told = world.calls.count("app.terms")
            await world.clock.advance(30)
            assert world.calls.count("app.terms") == told, "they are told again although nothing has changed"

    asyncio.run(play())


def test_late_visitors_of_the_old_region_are_handed_over_pages_and_all_until_its_database_follows_again() -> None:
    world = SmallWorld()
    nyc, sfo = world.databases[NYC], world.databases[SFO]

    def bridges() -> set[Bridge | None]:
        return {app.bridge for app in world.apps[NYC].apps}

    async def play() -> None:
        async with world.running():
            world.agents_see(SFO)
            await world.clock.advance(10)
            world.kill(NYC)
            world.agents_see(SFO, down=NYC)
            await world.clock.advance(15)
            assert bridges() == {None}, "a dead region was told something"
            world.revive(NYC)
            for app in world.apps[NYC].apps:
                app.endpoint = app.bridge = None  # it was booted
            await world.clock.advance(10)
            assert bridges() == {Bridge(IPS[SFO], BridgeWhat.ALL)}
            assert {app.bridge for app in world.apps[SFO].apps} == {None}, "the writer's own visitors were sent away"
            nyc.source, nyc.state = sfo, sfo.state
            await world.clock.advance(10)
            assert bridges() == {Bridge(IPS[SFO], BridgeWhat.WRITES)}
            held = [e for e in await world.events() if isinstance(e, StepStarted) and e.step is StepKind.FENCE_APP]
            await world.clock.advance(30)
            again = [e for e in await world.events() if isinstance(e, StepStarted) and e.step is StepKind.FENCE_APP]
            assert again == held, "they are told each tick although nothing has changed"

    asyncio.run(play())


def test_a_plan_that_is_stuck_behind_its_promotion_does_not_fence_with_every_tick() -> None:
    """What is known of who follows whom is of the grant on record, and the promotion has turned it round."""
    world = SmallWorld()

    async def fences() -> int:
        return sum(isinstance(e, StepStarted) and e.step is StepKind.FENCE_APP for e in await world.events())

    async def play() -> None:
        async with world.running():
            world.agents_see(SFO)
            await world.clock.advance(10)
            world.calls.fail_next("database.jump_ids", Refused("It will not.", "Ask."), times=99)
            world.kill(NYC)
            world.agents_see(SFO, down=NYC)
            await world.clock.advance(20)
            world.revive(NYC)
            await world.clock.advance(10)
            before = await fences()
            assert world.apps[NYC].apps[0].bridge is not None, "late visitors were not handed over"
            await world.clock.advance(30)
            assert await fences() - before <= 1

    asyncio.run(play())
