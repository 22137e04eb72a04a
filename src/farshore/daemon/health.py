"""Says on the output what the journal cannot hold: that the journal itself cannot be written, and that it can again."""

import asyncio
from collections.abc import Callable
from typing import Protocol

LOOK_EVERY_S = 0.5


class HasState(Protocol):
    @property
    def store_ok(self) -> bool: ...


async def tell_store_trouble(state: Callable[[], HasState], say: Callable[[str], None]) -> None:
    """For ever; one line for each change."""
    was_ok = True
    while True:
        is_ok = state().store_ok
        if is_ok is not was_ok:
            say(
                "the store of record can be written again"
                if is_ok
                else "the store of record cannot be read or written, so nothing is begun: look at its disk"
            )
            was_ok = is_ok
        await asyncio.sleep(LOOK_EVERY_S)
