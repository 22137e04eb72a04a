"""Virtual time: sleepers wake in order when a test advances it. Implements the clock port."""

import asyncio
import heapq
from datetime import UTC, datetime, timedelta

_BIRTH = datetime(2026, 1, 1, tzinfo=UTC)
_TURNS = 50  # turns of the event loop in which everything that can run without time has run


class FakeClock:
    """Starts at 1000 s, so that code which takes 0 for "never" is found out."""

    def __init__(self, start_s: float = 1000.0) -> None:
        self._start_s = start_s
        self._now_s = start_s
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = 0

    def now_s(self) -> float:
        return self._now_s

    def boot(self) -> str:
        return "the only boot"

    def wall(self) -> str:
        moment = _BIRTH + timedelta(seconds=self._now_s - self._start_s)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    async def sleep(self, seconds: float) -> None:
        self._order += 1
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now_s + max(seconds, 0.0), self._order, future))
        await future

    def skip(self, seconds: float) -> None:
        """Move time without waking anybody: for tests that have no event loop."""
        self._now_s += seconds

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass, waking each sleeper at its own moment."""
        end = self._now_s + seconds
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, future = heapq.heappop(self._sleepers)
            self._now_s = max(self._now_s, due)
            if not future.done():
                future.set_result(None)
            await self.settle()
        self._now_s = end
        await self.settle()

    async def settle(self) -> None:
        """Let everything run that needs no time."""
        for _ in range(_TURNS):
            await asyncio.sleep(0)
