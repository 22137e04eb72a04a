"""A deadline in the world's own time, so that virtual time cuts off what real time would."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from farshore.model.failure import Unknown
from farshore.ports.clock import Clock

T = TypeVar("T")


async def within(clock: Clock, seconds: float, work: Coroutine[Any, Any, T], what: str) -> T:
    """The result of `work`; Unknown when it has not ended within `seconds` (it is then broken off)."""
    task = asyncio.ensure_future(work)
    alarm = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({task, alarm}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise Unknown(f"{what} gave no answer within {seconds:g} s.")
    finally:
        for one in (task, alarm):
            one.cancel()
        await asyncio.gather(alarm, return_exceptions=True)
