"""Compares an order as it was journalled with what the database holds, and says what an interrupted write explains.

A checkout is a hundred small writes, and a region dies between two of them. What that leaves is an order at an earlier
stage, with parts that are empty. Anything else somebody has changed since, and nobody but a person may undo it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from farshore.reconcile.order import BEGUN, STAGES, TOTALS, Item, Order, Refunded

_CENT = Decimal("0.005")
_SAME_REFUND_S = 2.0


class Part(StrEnum):
    STATUS = "status"
    ITEMS = "items"
    TOTALS = "totals"
    ADDRESSES = "addresses"
    PAID = "paid date"
    STOCK = "stock"


@dataclass(frozen=True, slots=True)
class Difference:
    part: Part
    name: str
    journal: str
    database: str  # empty: it is missing
    explained: bool  # by a write that was interrupted

    def __str__(self) -> str:
        there = f"is {self.database!r}" if self.database else "is missing"
        return f"{self.name} {there}, was {self.journal!r}" if self.journal else f"{self.name} was not there before"


def differences(journal: Order, database: Order) -> tuple[Difference, ...]:
    found = (
        *_status(journal, database),
        *_items(journal, database),
        *_totals(journal, database),
        *_addresses(journal, database),
        *_paid(journal, database),
        *_stock(journal, database),
    )
    if not database.begun or journal.begun:
        return found
    # Nobody has worked with an order that is only begun: the journal's later word holds for all of it.
    return tuple(Difference(one.part, one.name, one.journal, one.database, True) for one in found)


def missing_refunds(journal: Order, database: Order) -> tuple[Refunded, ...]:
    """Each refund of the database stands for one of the journal's at most."""
    left = list(database.refunds)
    missing = []
    for refund in journal.refunds:
        same = next((one for one in left if _same_refund(refund, one)), None)
        if same is None:
            missing.append(refund)
        else:
            left.remove(same)
    return tuple(missing)


def _same_refund(journal: Refunded, database: Refunded) -> bool:
    if database.of:
        return database.of == str(journal.id)
    if abs(journal.amount - database.amount) >= _CENT:
        return False
    if journal.created_s is None or database.created_s is None:
        return journal.id == database.id
    return abs(journal.created_s - database.created_s) <= _SAME_REFUND_S


def _status(journal: Order, database: Order) -> tuple[Difference, ...]:
    before, now = journal.status, database.status
    if now == before or database.held:
        return ()
    if now in BEGUN:
        return () if before in BEGUN else (Difference(Part.STATUS, "status", before, now, True),)
    if now in ("failed", "cancelled", "trash"):
        return (Difference(Part.STATUS, "status", before, now, False),)
    if before in STAGES and now in STAGES and STAGES.index(now) < STAGES.index(before):
        return (Difference(Part.STATUS, "status", before, now, True),)
    if before in ("failed", "cancelled"):
        return (Difference(Part.STATUS, "status", before, now, False),)
    return ()  # further than it was: the shop has gone on with it


def _totals(journal: Order, database: Order) -> tuple[Difference, ...]:
    found = []
    if journal.currency and journal.currency != database.currency:
        found.append(Difference(Part.TOTALS, "currency", journal.currency, database.currency, not database.currency))
    for name in TOTALS:
        before, now = journal.totals[name], database.totals[name]
        if abs(before - now) >= _CENT:
            shown = f"{now:f}" if now else ""
            found.append(Difference(Part.TOTALS, name.replace("_", " "), f"{before:f}", shown, not now))
    return tuple(found)


def _addresses(journal: Order, database: Order) -> tuple[Difference, ...]:
    found: list[Difference] = []
    sides: tuple[tuple[str, Mapping[str, str], Mapping[str, str]], ...] = (
        ("billing", journal.billing, database.billing),
        ("shipping", journal.shipping, database.shipping),
    )
    for kind, before, now in sides:
        for name, text in before.items():
            if now.get(name, "") != text:
                there = now.get(name, "")
                found.append(Difference(Part.ADDRESSES, f"{kind} {name.replace('_', ' ')}", text, there, not there))
    return tuple(found)


def _paid(journal: Order, database: Order) -> tuple[Difference, ...]:
    found = []
    if journal.paid_s is not None and database.paid_s is None and not database.held:
        found.append(Difference(Part.PAID, "paid date", str(journal.raw.get("paid_gmt")), "", True))
    if journal.transaction_id and journal.transaction_id != database.transaction_id:
        there = database.transaction_id
        found.append(Difference(Part.PAID, "transaction", journal.transaction_id, there, not there))
    return tuple(found)


def _stock(journal: Order, database: Order) -> tuple[Difference, ...]:
    if not journal.stock_reduced or database.stock_reduced or database.status in ("cancelled", "failed", "refunded"):
        return ()
    return (Difference(Part.STOCK, "stock", "reduced", "", True),)


def _items(journal: Order, database: Order) -> tuple[Difference, ...]:
    pairs, left = _pairs(journal.items, database.items)
    found = []
    for item, same in pairs:
        if same is None:
            found.append(Difference(Part.ITEMS, item.what, item.what, "", True))
        elif same.quantity != item.quantity or abs(same.total - item.total) >= _CENT:
            empty = _empty(item, same)
            found.append(
                Difference(Part.ITEMS, item.what, f"{item.what}, {item.total:f}", f"{same.what}, {same.total:f}", empty)
            )
    found += [Difference(Part.ITEMS, item.what, "", item.what, False) for item in left]
    return tuple(found)


def _empty(before: Item, now: Item) -> bool:
    """A row whose meta data never came: some versions read its quantity as 0, some as 1."""
    if now.total not in (0, before.total):
        return False
    return now.quantity in (0, before.quantity) or (now.quantity == 1 and now.total == 0 != before.total)


def _pairs(before: Sequence[Item], now: Sequence[Item]) -> tuple[list[tuple[Item, Item | None]], list[Item]]:
    """Its own row, else one that says the same, else one of the same name: a restored order has rows of its own."""
    left = list(now)
    chosen: dict[int, Item | None] = dict.fromkeys(range(len(before)))
    for alike in (_own_row, _same_goods, _same_name):
        for index, item in enumerate(before):
            if chosen[index] is None:
                match = next((one for one in left if alike(item, one)), None)
                if match is not None:
                    chosen[index] = match
                    left.remove(match)
    return [(item, chosen[index]) for index, item in enumerate(before)], left


def _own_row(one: Item, other: Item) -> bool:
    return one.id == other.id and _same_name(one, other)


def _same_goods(one: Item, other: Item) -> bool:
    goods = (one.product_id, one.variation_id, one.quantity) == (other.product_id, other.variation_id, other.quantity)
    return goods and _same_name(one, other)


def _same_name(one: Item, other: Item) -> bool:
    return (one.type, one.name) == (other.type, other.name)
