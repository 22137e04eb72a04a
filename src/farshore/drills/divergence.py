"""Orders that the old side acknowledged and the new side never got: kept in the old database, or lost.

Replication is asynchronous and a cut region may sell until its permit ends, so such orders are no surprise. Each is
named, because a customer has been thanked for it; found whole in the old database it can be brought over, and it
counts as lost only where it is not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from farshore.drills.entry import Entry
from farshore.drills.orders import Divergent, Fate, Row, damage, fate


def settled(ledger: Iterable[Entry], rows: Sequence[Row], old_rows: Sequence[Row] | None, fault_s: float) -> Fate:
    """The fate of every acknowledged order, against both databases. `old_rows` is None when the old one is silent."""
    entries = list(ledger)
    orders = [entry for entry in entries if entry.acknowledged]
    new = {row.order_key: row for row in rows}
    old = {row.order_key: row for row in old_rows or ()}
    ids = [order.order_id for order in orders]
    apart = {o.order_key: o for o in orders if not _whole(o, new) and _whole(o, old) and ids.count(o.order_id) == 1}
    rest = fate([e for e in entries if e.order_key not in apart], rows, fault_s)
    silent = "the old database could not be read" if old_rows is None else "it is not whole in the old database either"
    gone = [o for o in orders if o.order_key not in apart and o.order_key not in new and o.ended >= fault_s]
    divergent = [_divergent(o, fault_s, True, "is whole in the old database only") for o in apart.values()]
    divergent += [_divergent(o, fault_s, False, f"is not in the new database, and {silent}") for o in gone]
    divergent.sort(key=lambda one: one.acknowledged_s)
    return replace(rest, acknowledged=len(orders), divergent=tuple(divergent))


def _whole(order: Entry, rows: dict[str, Row]) -> bool:
    return order.order_key in rows and not damage(order, rows[order.order_key])


def _divergent(order: Entry, fault_s: float, kept: bool, what: str) -> Divergent:
    at_s = order.ended - fault_s
    when = f"{abs(at_s):.3f} s {'after' if at_s >= 0 else 'before'} the fault"
    name = f"{order.order_key} (id {order.order_id}, {order.region}, epoch {order.epoch})"
    return Divergent(order.order_key, order.order_id, at_s, kept, f"{name} was acknowledged {when} and {what}")
