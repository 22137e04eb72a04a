"""Says on the output what the journal cannot hold: that the journal itself cannot be written, and that it can again."""

import asyncio
from collections.abc import Callable
from typing import Protocol

LOOK_EVERY_S = 0.5


class HasState(Protocol):
    @property
    def store_ok(self) -> bool: ...

    @property
    def term(self) -> int: ...

    def leads(self, now_s: float) -> bool: ...


async def tell_store_trouble(
    state: Callable[[], HasState],
    say: Callable[[str], None],
    now_s: Callable[[], float],
    every_s: float = LOOK_EVERY_S,
) -> None:
    """For ever; one line for each change."""
    was_ok = True
    while True:
        is_ok = _is_ok(state(), now_s())
        if is_ok is not was_ok:
            say(
                "the store of record can be written again"
                if is_ok
                else "the store of record cannot be read or written, so nothing is begun: look at its disk"
            )
            was_ok = is_ok
        await asyncio.sleep(every_s)


def _is_ok(state: HasState, now_s: float) -> bool:
    """On a quiet day only the lease is written: a term that ran out, and was taken by nobody, tells of a full disk."""
    return state.store_ok and not (state.term and not state.leads(now_s))
