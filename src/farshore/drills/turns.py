"""What came after the fault had been seen, each on its own: the mending, an operator's commands, and what they cost.

Whoever mends a region may well break something; and seconds of an outage must not grow by what came after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from farshore.drills.entry import BROWSE, Entry
from farshore.drills.stopwatch import Clocks, clocks, rounded


@dataclass(frozen=True, slots=True)
class Turn:
    """One event, from its beginning to that of the next one or the end of the drill."""

    what: str
    at_s: float  # after the fault
    took_s: float  # the event itself
    clocks: Clocks  # from its beginning on
    failed_pages: int
    checkout_closed_s: float | None  # between the orders of two epochs; None: the epoch stayed

    @property
    def failings(self) -> tuple[str, ...]:
        shut = (("Pages", self.clocks.browse), ("Checkout", self.clocks.buy))
        return tuple(f"{name} did not come back after: {self.what}." for name, one in shut if not one.recovered)

    def to_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "at_s": rounded(self.at_s),
            "took_s": rounded(self.took_s),
            "browse_rto_s": rounded(self.clocks.browse.closed_s),
            "buy_rto_s": rounded(self.clocks.buy.closed_s),
            "failed_pages": self.failed_pages,
            "checkout_closed_s": rounded(self.checkout_closed_s),
        }


def turns(ledger: Sequence[Entry], played: Sequence[tuple[str, float, float]], fault_s: float) -> tuple[Turn, ...]:
    """`played`: (what, when it began, when it ended), on the ledger's clock and in order."""
    starts = [began for _, began, _ in played] + [float("inf")]
    return tuple(_turn(ledger, one, starts[number + 1], fault_s) for number, one in enumerate(played))


def _turn(ledger: Sequence[Entry], played: tuple[str, float, float], until_s: float, fault_s: float) -> Turn:
    what, began, ended = played
    mine = [entry for entry in ledger if began <= entry.ended < until_s]
    return Turn(
        what=what,
        at_s=began - fault_s,
        took_s=ended - began,
        clocks=clocks(mine, began),
        failed_pages=sum(entry.kind == BROWSE and not entry.good for entry in mine),
        checkout_closed_s=_between_epochs(mine),
    )


def _between_epochs(entries: Sequence[Entry]) -> float | None:
    orders = [entry for entry in entries if entry.acknowledged]
    newest = max((entry.epoch for entry in orders), default=0)
    old = [entry.ended for entry in orders if entry.epoch < newest]
    return min(entry.ended for entry in orders if entry.epoch == newest) - max(old) if old else None
