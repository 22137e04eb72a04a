"""The daemon around a controller: runs it until SIGTERM, and tells systemd that it lives.

Whatever stops the controller ends the process: a supervisor that starts it again is the way back, and the
journal is where it goes on.
"""

import asyncio
import os
import signal
from collections.abc import Coroutine
from typing import Any, Protocol

from farshore.daemon.notify import SystemdNotifier

STOP_WITHIN_S = 20.0  # a step in flight may end; the journal knows the rest


class Runs(Protocol):
    async def run(self, stop: asyncio.Event) -> None: ...


async def run_daemon(controller: Runs, *beside: Coroutine[Any, Any, None]) -> None:
    """Returns after SIGTERM or SIGINT, with leadership resigned. Raises what the controller raised.

    `beside` runs as long as the controller does, and never ends it.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    systemd = SystemdNotifier(os.environ)
    work = asyncio.create_task(controller.run(stop), name="controller")
    others = [asyncio.create_task(work_beside) for work_beside in (_beat(systemd), *beside)]
    stopping = asyncio.create_task(stop.wait(), name="stop")
    try:
        systemd.tell("READY=1")
        await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        systemd.tell("STOPPING=1")
        if not work.done():
            await asyncio.wait({work}, timeout=STOP_WITHIN_S)
        if work.done():
            work.result()
    finally:
        tasks = (work, stopping, *others)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _beat(systemd: SystemdNotifier) -> None:
    """From the loop that does the work: when it hangs, so does this, and systemd starts us again."""
    if systemd.beat_every_s is None:
        return
    while True:
        systemd.tell("WATCHDOG=1")
        await asyncio.sleep(systemd.beat_every_s)
