"""How busy the machine was while a drill measured: seconds of a starved machine are the machine's, not the shop's."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

EVERY_S = 0.1


@dataclass(slots=True)
class Machine:
    """Filled while it is watched."""

    cores: int
    load_max: float = 0.0  # processes that wanted to run, mean of a minute
    stall_s_max: float = 0.0  # the longest time that the drill itself was not let run although it wanted to

    def to_json(self) -> dict[str, Any]:
        return {name: round(value, 3) for name, value in asdict(self).items()}


@asynccontextmanager
async def watched() -> AsyncIterator[Machine]:
    machine = Machine(os.cpu_count() or 1)
    task = asyncio.create_task(_watch(machine))
    try:
        yield machine
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _watch(machine: Machine) -> None:
    while True:
        began = time.monotonic()
        await asyncio.sleep(EVERY_S)
        machine.stall_s_max = max(machine.stall_s_max, time.monotonic() - began - EVERY_S)
        machine.load_max = max(machine.load_max, os.getloadavg()[0])
