"""Streaks, schedules and the worst of two stores, in virtual doors."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from farshore.agent.watching import Watching
from farshore.model.region import RegionName
from farshore.model.sighting import Door, Look, Sighting
from farshore.ports.prober import Target
from farshore.sim.fake_prober import FakeProber

TARGET = Target(Door.BROWSE, RegionName("nyc3"), "192.0.2.10", 443, "shop.example.com", "/")


async def _until(watching: Watching, good: Callable[[tuple[Sighting, ...]], bool]) -> tuple[Sighting, ...]:
    """The bound is only for a test that has failed already."""
    for _ in range(2000):
        if good(watching.sightings()):
            break
        await asyncio.sleep(0.005)
    return watching.sightings()


def test_a_streak_grows_and_begins_anew_when_the_door_changes() -> None:
    async def work() -> None:
        prober, now_s = FakeProber(), [100.0]
        watching = Watching("shop-1", "sfo3", prober, lambda: now_s[0])
        watching.watch([TARGET], 0.01, 1.0)
        (seen,) = await _until(watching, lambda found: bool(found) and found[0].streak >= 3)
        assert (seen.ok, seen.place, seen.vantage) == (True, "sfo3", "shop-1")
        prober.shut(Door.BROWSE, RegionName("nyc3"), "status 503")
        (seen,) = await _until(watching, lambda found: not found[0].ok)
        assert (seen.streak <= 2, seen.why) == (True, "status 503")
        watching.watch([TARGET], 0.01, 1.0)
        (seen,) = await _until(watching, lambda found: found[0].streak >= 3)
        await watching.stop()
        now_s[0] += 7.0
        assert watching.sightings()[0].age_s == 7.0

    asyncio.run(work())


def test_of_two_stores_behind_one_door_the_worse_is_told() -> None:
    class Half(FakeProber):
        async def look(self, target: Target, timeout_s: float) -> Look:
            return Look(target.door, target.region, target.host != "sick.example.com", 0.0, "")

    async def work() -> None:
        watching = Watching("shop-1", "sfo3", Half())
        watching.watch([TARGET, replace(TARGET, host="sick.example.com"), TARGET], 0.01, 1.0)
        found = await _until(watching, lambda found: bool(found) and not found[0].ok)
        assert [sighting.ok for sighting in found] == [False]
        await watching.stop()

    asyncio.run(work())


def test_looks_in_flight_are_capped_and_no_door_is_looked_at_twice_at_once() -> None:
    class Slow(FakeProber):
        flying = 0
        most = 0
        doubled = False
        busy: set[str]

        async def look(self, target: Target, timeout_s: float) -> Look:
            self.doubled |= target.host in self.busy
            self.busy.add(target.host)
            self.flying += 1
            self.most = max(self.most, self.flying)
            await asyncio.sleep(0.02)
            self.flying -= 1
            self.busy.discard(target.host)
            return Look(target.door, target.region, True, 0.02)

    async def work() -> None:
        prober = Slow()
        prober.busy = set()
        watching = Watching("shop-1", "sfo3", prober)
        watching.watch([replace(TARGET, host=f"h{number}") for number in range(60)], 0.01, 1.0)
        await _until(watching, lambda found: bool(found) and found[0].streak >= 3)
        await watching.stop()
        assert prober.most == 16
        assert not prober.doubled

    asyncio.run(work())


def test_a_look_that_overran_its_deadline_accuses_this_machine_and_not_the_door() -> None:
    class Late(FakeProber):
        async def look(self, target: Target, timeout_s: float) -> Look:
            self.looked.append(target)
            return Look(target.door, target.region, False, timeout_s + 2.0, "timeout (answer)")

    async def work() -> None:
        prober = Late()
        watching = Watching("shop-1", "sfo3", prober)
        watching.watch([TARGET], 0.01, 1.0)
        await _until(watching, lambda _: len(prober.looked) >= 3)
        assert len(prober.looked) >= 3
        assert watching.sightings() == ()
        await watching.stop()

    asyncio.run(work())
