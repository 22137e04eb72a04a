"""The order journal of one store: what its configuration says, and what one agent says of what it holds."""

from dataclasses import dataclass
from enum import StrEnum

ID_REACH = 1_000_000  # a counter that is further behind an order's id counts something else


class JournalPolicy(StrEnum):
    """What the shop does with an order that the other region has not got on disk in time."""

    OFF = "off"  # nothing is journalled
    OPEN = "open"  # it is taken, and counted as exposed until the other region has it
    CLOSED = "closed"  # it is refused, honestly and before the payment


@dataclass(frozen=True, slots=True)
class JournalTerms:
    policy: JournalPolicy = JournalPolicy.OFF
    timeout_ms: int = 300  # a checkout waits no longer for each of its two entries
    keep_days: int = 30  # what is older is deleted
    max_mb: int = 1024  # for one store on one app server

    @property
    def on(self) -> bool:
        return self.policy is not JournalPolicy.OFF


@dataclass(frozen=True, slots=True)
class JournalState:
    """One store, by one agent: what it received from the other region, and what of its own it still has to deliver."""

    entries: int = 0
    bytes: int = 0
    oldest_at_ms: int | None = None
    largest_id: int = 0
    exposed: int = 0  # spooled here and not yet on a disk of the other region
    trouble: str = ""  # the last one; empty: none since the agent began, or it is over


def past_id(now: int, past: int) -> int:
    """Where a counter goes that stands at `now`, when an order was given the id `past`. Never back."""
    return past if 0 < past - now <= ID_REACH else now
