"""A store's own software, asked what its database holds of an order, and told to put it right.

Everything here is harmless when it is said twice: whoever acts looks first, and what is done already is a success.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from farshore.ports.payment_ledger import Payment

Json = Mapping[str, Any]


class Do(StrEnum):
    RESTORE = "restore"  # the whole order, under its own key, and under its own id if that is free
    MEND = "mend"  # the named parts of an order that is there
    COMPLETE = "complete"  # the payment of an order that is there, once
    REFUNDS = "refunds"  # records of money that was paid back; no money moves


@dataclass(frozen=True, slots=True)
class Asked:
    order_key: str
    order_id: int = 0  # 0: not known


@dataclass(frozen=True, slots=True)
class Act:
    """What is to be done with one order, in this order."""

    order_key: str
    do: tuple[Do, ...]
    order: Json | None = None  # as it was journalled
    order_id: int = 0
    parts: tuple[str, ...] = ()  # of MEND
    status: str = ""  # instead of the journalled one
    payment: Payment | None = None  # of COMPLETE
    refunds: tuple[Json, ...] = ()
    note: str = ""  # for whoever opens the order in the shop


@dataclass(frozen=True, slots=True)
class Found:
    """What the database holds under one key."""

    order_key: str
    order: Json | None  # None: no such order
    id_taken: bool = False  # another order has its number


@dataclass(frozen=True, slots=True)
class Did:
    order_key: str
    what: str  # restored | mended | completed | refunded | nothing | failed
    order_id: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    found: tuple[Found, ...]
    keys_of_payments: Mapping[str, str]  # id of a payment -> key of the order that names it


class Storefront(Protocol):
    async def look(self, asked: Sequence[Asked], payments: Sequence[Payment]) -> Seen:
        """Changes nothing. RetryLater when no app server of the writer answers, Refused when its software does not."""
        ...

    async def act(self, acts: Sequence[Act]) -> Sequence[Did]:
        """One answer for each, in that order; one that failed stops no other, and leaves its order as it was.

        Unknown when the answer was lost: look again.
        """
        ...
