"""DigitalOcean's request limits: a burst per minute and a sliding hour, per token."""

import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

MINUTE_S, HOUR_S = 60.0, 3600.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to say in the headers; `refused` when the request may not pass."""

    limit: int
    remaining: int
    reset: int
    refused: bool = False
    retry_after_s: int | None = None  # only a burst says when to come back

    def headers(self) -> dict[str, str]:
        found = {
            "ratelimit-limit": str(self.limit),
            "ratelimit-remaining": str(self.remaining),
            "ratelimit-reset": str(self.reset),
        }
        return found if self.retry_after_s is None else {**found, "retry-after": str(self.retry_after_s)}


@dataclass
class Limits:
    per_minute: int = 250
    per_hour: int = 5000
    clock: Callable[[], float] = time.time
    _seen: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def admit(self, who: str) -> Verdict:
        """Count one request of `who`. Refused requests are not counted, or a polling client would never get back in."""
        at, seen = self.clock(), self._seen[who]
        while seen and seen[0] <= at - HOUR_S:
            seen.popleft()
        reset = int((seen[0] if seen else at) + HOUR_S)
        if len(seen) >= self.per_hour:
            return Verdict(self.per_hour, 0, reset, refused=True)
        if len(seen) >= self.per_minute and seen[-self.per_minute] > at - MINUTE_S:
            wait = int(seen[-self.per_minute] + MINUTE_S - at) + 1
            return Verdict(self.per_hour, 0, reset, refused=True, retry_after_s=wait)
        seen.append(at)
        return Verdict(self.per_hour, self.per_hour - len(seen), reset)
