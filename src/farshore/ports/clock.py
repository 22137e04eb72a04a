"""Time. Durations come from `now_s`, words for humans from `wall`."""

from typing import Protocol


class Clock(Protocol):
    def now_s(self) -> float:
        """Seconds on CLOCK_BOOTTIME: never goes back, counts while the machine sleeps."""
        ...

    def boot(self) -> str:
        """Names the machine's current boot: times of `now_s` from another one cannot be compared with ours."""
        ...

    def wall(self) -> str:
        """UTC, RFC 3339 with milliseconds. For logs and journals only; nothing is ever computed from it."""
        ...

    async def sleep(self, seconds: float) -> None: ...
