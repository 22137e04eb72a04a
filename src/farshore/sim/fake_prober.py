"""Doors that are open or shut as the test says. Implements the prober port."""

from farshore.model.region import RegionName
from farshore.model.sighting import Door, Look
from farshore.ports.prober import Target
from farshore.sim.fake_calls import FakeCalls


class FakeProber:
    """Every door is open until `shut`. A look takes no time, or the whole timeout when the door is black."""

    def __init__(self, calls: FakeCalls | None = None) -> None:
        self.calls = calls or FakeCalls()
        self.looked: list[Target] = []
        self._shut: dict[tuple[Door, RegionName], str] = {}

    def shut(self, door: Door, region: RegionName, why: str = "timeout") -> None:
        self._shut[(door, region)] = why

    def open(self, door: Door, region: RegionName) -> None:
        self._shut.pop((door, region), None)

    async def look(self, target: Target, timeout_s: float) -> Look:
        self.looked.append(target)
        with self.calls.call("prober.look"):
            why = self._shut.get((target.door, target.region), "")
        took_s = timeout_s if why == "timeout" else 0.0
        return Look(target.door, target.region, not why, took_s, why)
