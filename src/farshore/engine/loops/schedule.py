"""A fixed schedule: turns are due at start + n * interval, and a turn that was missed is not made up for."""

from collections.abc import AsyncIterator

from farshore.ports.clock import Clock


async def turns(clock: Clock, interval_s: float) -> AsyncIterator[float]:
    """Yields how late each turn is."""
    due_s = clock.now_s()
    while True:
        await clock.sleep(max(0.0, due_s - clock.now_s()))
        late_s = max(0.0, clock.now_s() - due_s)
        yield late_s
        now_s = clock.now_s()
        due_s += interval_s
        if due_s < now_s:
            due_s += interval_s * int((now_s - due_s) / interval_s)
