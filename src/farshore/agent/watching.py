"""Probes what the agent was told to, on a fixed schedule, and remembers streaks.

A door is never looked at twice at the same time, and looks in flight are capped: a region that swallows packets must
not make the healthy doors late.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from farshore.model.region import RegionName
from farshore.model.sighting import Door, Look, Sighting
from farshore.ports.prober import Prober, Target

_IN_FLIGHT_MAX = 16
_LATE_S = 0.3  # a look that overran its deadline by this much says that this machine was late, not the door


@dataclass(frozen=True, slots=True)
class _Seen:
    look: Look
    streak: int
    ended_s: float


def _boot_clock_s() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Watching:
    """`targets` given last are probed until others are given."""

    def __init__(self, agent: str, place: str, prober: Prober, now_s: Callable[[], float] = _boot_clock_s) -> None:
        self._agent = agent
        self._place = place
        self._prober = prober
        self._now_s = now_s
        self._seen: dict[Target, _Seen] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._watched: tuple[tuple[Target, ...], float, float] | None = None
        self._slots = asyncio.Semaphore(_IN_FLIGHT_MAX)

    def watch(self, targets: Sequence[Target], interval_s: float, timeout_s: float) -> None:
        """Starts probing; the same again changes nothing, so that streaks go on."""
        wanted = (tuple(targets), interval_s, timeout_s)
        if wanted == self._watched:
            return
        self._cancel()
        self._watched = wanted
        self._seen = {target: seen for target, seen in self._seen.items() if target in wanted[0]}
        self._tasks = [
            asyncio.create_task(self._visit(target, interval_s, timeout_s, interval_s * number / len(wanted[0])))
            for number, target in enumerate(dict.fromkeys(wanted[0]))
        ]

    def sightings(self) -> tuple[Sighting, ...]:
        """Doors that share a name and region (two stores of one group) are told apart by nothing: the worst is told."""
        now_s = self._now_s()
        told: dict[tuple[Door, RegionName], _Seen] = {}
        for seen in self._seen.values():
            key = (seen.look.door, seen.look.region)
            known = told.get(key)
            if known is None or self._rank(seen) > self._rank(known):
                told[key] = seen
        return tuple(
            Sighting(
                vantage=self._agent,
                place=self._place,
                door=seen.look.door,
                region=seen.look.region,
                ok=seen.look.ok,
                streak=seen.streak,
                age_s=max(0.0, now_s - seen.ended_s),
                why=seen.look.why,
            )
            for seen in told.values()
        )

    async def stop(self) -> None:
        tasks = self._cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _cancel(self) -> list[asyncio.Task[None]]:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        return tasks

    @staticmethod
    def _rank(seen: _Seen) -> tuple[bool, int]:
        return (not seen.look.ok, seen.streak if not seen.look.ok else -seen.streak)

    async def _visit(self, target: Target, interval_s: float, timeout_s: float, phase_s: float) -> None:
        loop = asyncio.get_running_loop()
        due_s = loop.time() + phase_s
        while True:
            await asyncio.sleep(max(0.0, due_s - loop.time()))
            async with self._slots:
                with contextlib.suppress(Exception):  # one broken look must not end the watch
                    self._remember(target, await self._prober.look(target, timeout_s), timeout_s)
            due_s += interval_s
            if due_s < loop.time():  # never catch up in a burst
                due_s = loop.time() + interval_s / 10

    def _remember(self, target: Target, look: Look, timeout_s: float) -> None:
        if not look.ok and look.took_s > timeout_s + _LATE_S:
            return
        known = self._seen.get(target)
        same = known is not None and known.look.ok == look.ok
        self._seen[target] = _Seen(look, known.streak + 1 if known is not None and same else 1, self._now_s())
