"""flap: a partition that comes and goes: cut for `period=` seconds, whole for as long, until it is removed.

Target and other options are a partition's. It is cut when `fault add` returns and whole when `fault remove` does.
"""

import asyncio
import contextlib
import math
from dataclasses import dataclass

from tidepool.faults.fault import Options, World
from tidepool.faults.partition import Partition
from tidepool.lab.home import LabError


@dataclass(frozen=True, slots=True)
class Flap:
    partition: Partition
    period_s: float

    @staticmethod
    def parse(target: str, options: Options) -> "Flap":
        words = dict(options)
        try:
            period_s = float(words.pop("period", "0"))
        except ValueError:
            period_s = 0.0
        if not period_s > 0 or not math.isfinite(period_s):
            raise LabError("a flap fault needs period= in seconds above zero: how long it is cut, and then whole")
        return Flap(Partition.parse(target, words), period_s)

    async def inject(self, world: World, fault_id: str) -> None:
        await self.partition.inject(world, fault_id)
        stop = asyncio.Event()
        world.running[fault_id] = (stop, asyncio.create_task(self._go_on(world, fault_id, stop)))

    async def heal(self, world: World, fault_id: str) -> None:
        stop, task = world.running.pop(fault_id)
        stop.set()  # never cancelled: half a cut would stay for ever
        await task

    async def _go_on(self, world: World, fault_id: str, stop: asyncio.Event) -> None:
        """Begins cut, ends whole."""
        while True:
            await self._pause(stop)
            await self.partition.heal(world, fault_id)
            if not stop.is_set():
                await self._pause(stop)
            if stop.is_set():
                return
            await self.partition.inject(world, fault_id)

    async def _pause(self, stop: asyncio.Event) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), self.period_s)
