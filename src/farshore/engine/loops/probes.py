"""This controller's own looks: every target on a fixed schedule, bounded in flight, none taken while the loop lags."""

import asyncio

from farshore.engine.doors import doors
from farshore.engine.inputs import Saw
from farshore.engine.loops.schedule import turns
from farshore.engine.shell import Shell
from farshore.engine.state import LAG_MAX_S
from farshore.engine.streak import LAG_SHARE_MAX, Streak
from farshore.model.sighting import Door
from farshore.ports.prober import Target

IN_FLIGHT_MAX = 2  # for each target: a look may last longer than the interval
BEAT_S = 0.1


class Probes:
    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._streaks: dict[tuple[Door, str], Streak] = {}
        self._in_flight: dict[tuple[Door, str], int] = {}
        self._lagged_s = 0.0  # all of our own lag so far: the difference over a look is what it lost

    async def run(self) -> None:
        shell = self._shell
        shell.spawn(self._beat())
        async for _ in turns(shell.world.clock, shell.group.thresholds.interval_s):
            grant = shell.state.grant
            writer = grant.holder if grant is not None else shell.group.first.region
            for target in doors(shell.world, shell.group, shell.parts, writer):
                key = (target.door, target.region)
                if self._in_flight.get(key, 0) < IN_FLIGHT_MAX:
                    self._in_flight[key] = self._in_flight.get(key, 0) + 1
                    shell.spawn(self._look(target))

    async def _look(self, target: Target) -> None:
        shell, key = self._shell, (target.door, target.region)
        clock, timeout_s = shell.world.clock, shell.group.thresholds.timeout_s
        begun_s, lagged_s = clock.now_s(), self._lagged_s
        try:
            look = await shell.world.prober.look(target, timeout_s)
        finally:
            self._in_flight[key] -= 1
        if not look.ok and self._lagged_s - lagged_s > timeout_s * LAG_SHARE_MAX:
            return  # we slept through it
        streak = self._streaks.get(key, Streak()).after(look, begun_s)
        self._streaks[key] = streak
        shell.feed(Saw((streak.sighting(look, shell.name, shell.place),)))
        if not look.ok:
            shell.decide_now()

    async def _beat(self) -> None:
        clock = self._shell.world.clock
        while True:
            begun_s = clock.now_s()
            await clock.sleep(BEAT_S)
            late_s = clock.now_s() - begun_s - BEAT_S
            if late_s > LAG_MAX_S:
                self._lagged_s += late_s


async def run(shell: Shell) -> None:
    await Probes(shell).run()
    await asyncio.Event().wait()
