"""What became of every acknowledged order: the customers' ledger against the rows in the writer's database."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from farshore.drills.entry import Entry

FACTS_OF_AN_ORDER = 3  # rows of order_meta that a checkout writes before it answers
STATUS_OF_AN_ORDER = "processing"
# Replication across regions is asynchronous: what was acknowledged in the last moment before the fault had no time to
# cross. Half a round trip and the send delay are 0.03 to 0.1 s; what is lost from before that, something else lost.
IN_FLIGHT_S = 0.25


@dataclass(frozen=True, slots=True)
class Row:
    """One order as the database holds it, with its parts counted."""

    id: int
    order_key: str
    token: str
    status: str
    total: Decimal
    items: int
    items_total: Decimal
    meta: int
    epoch: int = 0  # under which it was written, by its own facts; 0: it does not say
    region: str = ""

    @staticmethod
    def from_json(body: Mapping[str, Any]) -> "Row":
        return Row(
            id=int(body["id"]),
            order_key=str(body["order_key"]),
            token=str(body["token"]),
            status=str(body["status"]),
            total=Decimal(str(body["total"])),
            items=int(body["items"]),
            items_total=Decimal(str(body["items_total"] or 0)),
            meta=int(body["meta"]),
            epoch=int(body.get("epoch") or 0),
            region=str(body.get("region") or ""),
        )


@dataclass(frozen=True, slots=True)
class Divergent:
    """An acknowledged order that the old side has and the new side has not, or not whole."""

    order_key: str
    order_id: int
    acknowledged_s: float  # after the fault; below 0 before it: it had not crossed yet
    kept: bool  # whole in the old database, as read after the fault; else it counts as lost, too
    text: str


@dataclass(frozen=True, slots=True)
class Fate:
    acknowledged: int
    present: int  # whole, in the writer's database
    lost: tuple[str, ...]  # by key
    doubled: tuple[str, ...]
    damaged: tuple[str, ...]
    beyond_replication: int  # of the lost and damaged, those that were not in flight at the fault
    bought_twice: int  # purchases that became two orders because an answer was lost and the customer tried again
    divergent: tuple[Divergent, ...] = ()

    @property
    def whole(self) -> bool:
        return not (self.lost or self.doubled or self.damaged)


def fate(ledger: Iterable[Entry], rows: Sequence[Row], fault_s: float) -> Fate:
    """An order is known by its key and its attempt's token; ids may be given twice, and that counts as doubled."""
    orders = [entry for entry in ledger if entry.acknowledged]
    by_key: dict[str, list[Row]] = {}
    for row in rows:
        by_key.setdefault(row.order_key, []).append(row)
    keys, tokens = Counter(order.order_key for order in orders), Counter(row.token for row in rows if row.token)
    ids = Counter(order.order_id for order in orders)
    lost, doubled, damaged, present, beyond = [], [], [], 0, 0
    for order in orders:
        found = by_key.get(order.order_key, [])
        if not found:
            beyond += not _in_flight(order, fault_s)
            lost.append(_name(order, f"was acknowledged {_when(order, fault_s)} and is not in the database"))
        elif len(found) > 1 or keys[order.order_key] > 1:
            doubled.append(_name(order, f"has {len(found)} rows and {keys[order.order_key]} acknowledgements"))
        elif tokens[order.token] > 1:
            doubled.append(_name(order, f"was written {tokens[order.token]} times for one attempt"))
        elif ids[order.order_id] > 1:
            doubled.append(_name(order, f"shares its id {order.order_id} with another order"))
        elif why := damage(order, found[0]):
            # An order is several commits: the fault may fall between two that cross to the other region.
            beyond += not _in_flight(order, fault_s)
            damaged.append(_name(order, f"was acknowledged {_when(order, fault_s)} and {why}"))
        else:
            present += 1
    return Fate(len(orders), present, tuple(lost), tuple(doubled), tuple(damaged), beyond, _bought_twice(rows))


def damage(order: Entry, row: Row) -> str:
    """Empty when the order is whole: its row, items, facts, and a total that is the sum of its items."""
    if row.id != order.order_id:
        return f"was acknowledged as id {order.order_id} and is id {row.id}"
    if row.token != order.token:
        return "belongs to another customer's attempt"
    if row.items == 0:
        return "has no items"
    if row.items_total != row.total:
        return f"has a total of {row.total} and items for {row.items_total}"
    if Decimal(order.total) != row.total:
        return f"was acknowledged over {order.total} and is over {row.total}"
    if row.meta < FACTS_OF_AN_ORDER:
        return f"has {row.meta} of {FACTS_OF_AN_ORDER} facts"
    if row.status != STATUS_OF_AN_ORDER:
        return f"has status {row.status}"
    return ""


def _in_flight(order: Entry, fault_s: float) -> bool:
    return abs(fault_s - order.ended) <= IN_FLIGHT_S  # injecting a fault takes a moment too


def _when(order: Entry, fault_s: float) -> str:
    early_s = fault_s - order.ended
    return f"{abs(early_s):.3f} s {'before' if early_s >= 0 else 'after'} the fault"


def _name(order: Entry, why: str) -> str:
    return f"{order.order_key} (id {order.order_id}, {order.region}, epoch {order.epoch}) {why}"


def _bought_twice(rows: Iterable[Row]) -> int:
    """Whole orders only: a half-written one never reaches the merchant's list."""
    whole = Counter(
        row.token.rpartition("-")[0] for row in rows if row.status == STATUS_OF_AN_ORDER and "-" in row.token
    )
    return sum(count > 1 for count in whole.values())
