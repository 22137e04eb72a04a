"""One bout of a long bench: begun again once where it could not come to its fault, and then left out by name.

What fails before the fault (a shop that is not steady, a cluster that does not form) has no figures, so to begin again
chooses nothing. What fails after it is never played again: that would be to choose among results.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from farshore.drills.command import Progress
from farshore.model.failure import Refused

T = TypeVar("T")
ATTEMPTS = 2


@dataclass(slots=True)
class Mark:
    """Set by a bout just before it brings its fault."""

    faulted: bool = False


async def attempt(name: str, play: Callable[[Mark], Awaitable[T]], problems: list[str], say: Progress) -> T | None:
    """None when there is nothing to count; `problems` has the reasons then, and only then."""
    reasons: list[str] = []
    while len(reasons) < ATTEMPTS:
        mark = Mark()
        try:
            return await play(mark)
        except Refused as refusal:
            reasons.append(f"{name}, {'after' if mark.faulted else 'before'} the fault: {refusal}")
            say(reasons[-1])
            if mark.faulted:
                break
    problems += reasons
    return None
