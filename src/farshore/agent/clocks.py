"""The two clocks that a permit is counted on, and their boot. Injected, so that a simulator can turn them."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Clocks:
    """Both read at one moment, and the shop looks at both: stopping a process or a wall clock prolongs neither."""

    boot_ns: int  # CLOCK_BOOTTIME, counts while the machine sleeps
    mono_ns: int  # CLOCK_MONOTONIC


class AgentClock(Protocol):
    def now(self) -> Clocks: ...

    def boot(self) -> str:
        """Names the machine's current boot: times of another one cannot be compared with ours."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class MachineClock:
    def __init__(self) -> None:
        self._boot = _BOOT_ID.read_text().strip()

    def now(self) -> Clocks:
        return Clocks(time.clock_gettime_ns(time.CLOCK_BOOTTIME), time.monotonic_ns())

    def boot(self) -> str:
        return self._boot

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
