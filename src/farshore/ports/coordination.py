"""The store of record: one leader, small records by compare-and-swap, an append-only journal.

Every method is linearizable. Raises Unknown when the answer was lost, RetryLater when the store is busy
or full (nothing was written), Refused when a newer term has begun or the compared value has changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Lease:
    holder: str
    term: int  # grows with every new holder: the fencing token of leadership
    ttl_s: float


@dataclass(frozen=True, slots=True)
class Record:
    key: str
    value: str  # JSON
    revision: int  # 0: never written


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the journal."""

    number: int  # from 1, no gaps
    term: int
    at: str  # wall clock, for humans
    body: str  # JSON


class Coordination(Protocol):
    async def lead(self, holder: str, ttl_s: float) -> Lease | None:
        """Become or stay leader. None: somebody else leads and has renewed within its ttl."""
        ...

    async def resign(self, lease: Lease) -> None:
        """Let go; nothing happens if somebody else leads by now."""
        ...

    async def read(self, key: str) -> Record:
        """The newest value; revision 0 and value "" when there is none."""
        ...

    async def swap(self, lease: Lease | None, record: Record, value: str) -> Record:
        """Write `value` if the key still is at `record.revision` and `lease` (if given) is the current term.

        Raises Refused otherwise, with nothing written.
        """
        ...

    async def append(self, lease: Lease | None, body: str) -> Line:
        """Add a line, durable when this returns. Raises Refused when `lease` is given and its term is over."""
        ...

    async def journal(self, after: int = 0) -> Sequence[Line]:
        """All lines with a number above `after`, in order."""
        ...
