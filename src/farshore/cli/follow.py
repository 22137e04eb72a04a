"""Reading the journal as it grows."""

from collections.abc import AsyncIterator

from farshore.model.failure import RetryLater, Unknown
from farshore.plan.journal import OperatorSaid, from_json
from farshore.ports.clock import Clock
from farshore.ports.coordination import Coordination, Line

LOOK_EVERY_S = 0.1


async def follow(store: Coordination, clock: Clock, after: int) -> AsyncIterator[Line | None]:
    """Each line above `after` as it appears; None after each look, so that the caller may give up."""
    while True:
        try:
            lines = await store.journal(after)
        except (RetryLater, Unknown):
            lines = ()  # busy: the next look reads the same lines
        for line in lines:
            after = line.number
            yield line
        yield None
        await clock.sleep(LOOK_EVERY_S)


async def answer_to(store: Coordination, clock: Clock, revision: int, after: int, within_s: float) -> str | None:
    """What the leader made of the operator's word; None when it said nothing in time."""
    until_s = clock.now_s() + within_s
    async for line in follow(store, clock, after):
        if line is None:
            if clock.now_s() >= until_s:
                return None
            continue
        event = from_json(line.body)
        if isinstance(event, OperatorSaid) and event.revision >= revision:
            return event.answer
    return None
