"""The pace of decisions: several times an interval the operator's word is read, and then one verdict is made."""

import asyncio

from farshore.engine.inputs import OperatorRead, StoreFailed, Tick
from farshore.engine.loops.schedule import turns
from farshore.engine.parts import look_up
from farshore.engine.shell import Shell
from farshore.engine.within import within
from farshore.model.failure import Failure
from farshore.model.keys import operator_key
from farshore.model.operator import OperatorWord

LOOK_UP_S = 20.0
LOOK_AGAIN_S = (
    0.5  # doubled each time, for a typing error lasts: DigitalOcean answers 250 requests a minute, 5000 an hour
)
LOOK_AGAIN_MAX_S = 8.0
TICKS_PER_INTERVAL = 5  # looks end at any phase: a verdict that waits for a slow tick only makes the outage longer


async def run(shell: Shell) -> None:
    clock = shell.world.clock
    looking: asyncio.Task[None] | None = None
    async for late_s in turns(clock, shell.group.thresholds.interval_s / TICKS_PER_INTERVAL):
        if not shell.parts.whole and (looking is None or looking.done()):
            looking = shell.spawn(_look_up(shell))
        try:
            reading = shell.world.coordination.read(operator_key(shell.group.name))
            record = await within(clock, shell.group.thresholds.interval_s, reading, "The store of record")
            shell.feed(OperatorRead(OperatorWord.from_json(record.value, record.revision)))
        except Failure as error:
            shell.feed(StoreFailed(str(error)))
        shell.lag_s = late_s
        shell.feed(Tick(late_s))


async def _look_up(shell: Shell) -> None:
    """Until all is found. Beside the ticks: the provider's API may take long, and decisions do not wait for it."""
    clock, pause_s = shell.world.clock, LOOK_AGAIN_S
    while not shell.parts.whole:
        try:
            shell.parts = await within(clock, LOOK_UP_S, look_up(shell.group, shell.world, shell.parts), "The provider")
        except Failure:
            pass
        shell.looked.set()
        if not shell.parts.whole:
            await clock.sleep(pause_s)
            pause_s = min(2 * pause_s, LOOK_AGAIN_MAX_S)
