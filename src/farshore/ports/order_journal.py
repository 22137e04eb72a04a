"""The order journal as one agent keeps it, and the box in which each order lies. Reconciliation reads both."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from farshore.model.order_entry import OrderEntry
from farshore.model.order_journal import JournalState
from farshore.model.region import Epoch


@dataclass(frozen=True, slots=True)
class JournalPage:
    entries: tuple[OrderEntry, ...]
    next: str  # `after` of the page behind this one
    damaged: int = 0  # lines that could not be read and were left out


class OrderJournal(Protocol):
    """What one app server's agent holds. Another agent of its region may hold what this one missed, so ask all of
    them; the same entry in two of them has the same `key`.
    """

    async def state(self) -> Mapping[str, JournalState]:
        """By store. Raises Unreachable, or Refused when one end does not accept the other."""
        ...

    async def read(self, store: str, after: str = "", limit: int = 500, spool: bool = False) -> JournalPage:
        """A page, oldest segment first, in the order of arrival; the last page holds no entries.

        `spool`: instead of what it received, what it took itself and could not deliver yet. Raises Unreachable, and
        Refused where it knows no such store.
        """
        ...

    async def reconciled(self, epoch: Epoch, store: str) -> bool:
        """The orders of `epoch`'s failover are accounted for: the shop may take its webhooks again.

        True when no store of this app server waits any more. Repeating it is harmless. Refused when a larger epoch
        waits.
        """
        ...


class SealedOrders(Protocol):
    """Opens what the shop has sealed. Only who holds the group's private key can have one."""

    def open(self, sealed: str) -> Mapping[str, Any]:
        """The whole order. Raises Refused when this key does not open it, or when what lies in it is no order."""
        ...
