"""Who took orders on which side of a cut, and when: pure functions over all ledgers and the databases' rows.

Times are the customers', all on one machine's clock. Who took an order is read from the order's own facts in the
database, and from the answer only where no database has them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from farshore.drills.entry import BUY, RESIDENT, Entry
from farshore.drills.orders import Row
from farshore.drills.stopwatch import rounded, writers_overlap_s


@dataclass(frozen=True, slots=True)
class Sides:
    """Seconds after the fault."""

    acknowledged: int  # by the old side after the fault
    last_ack_s: float | None  # of the old side; below 0: none after the fault
    refused: int  # attempts of residents after the fault that became no order
    first_ack_s: float | None  # of the new side
    overlap_s: float
    late: tuple[str, ...]  # acknowledged under an older epoch after one of a newer, by key
    misnamed: tuple[str, ...]  # answered under another epoch or region than the database says, by key

    @property
    def failings(self) -> tuple[str, ...]:
        found = []
        if self.late:
            found.append(
                f"{len(self.late)} orders were acknowledged under an older epoch after one of a newer: {self.late}."
            )
        if self.misnamed:
            found.append(f"Orders were answered under another epoch than they were written: {self.misnamed}.")
        return tuple(found)

    def to_json(self) -> dict[str, Any]:
        return {
            "old_side": {
                "acknowledged": self.acknowledged,
                "last_ack_s": rounded(self.last_ack_s),
                "refused": self.refused,
                "acknowledged_after_newer": list(self.late),
            },
            "new_side": {"first_ack_s": rounded(self.first_ack_s)},
            "misnamed": list(self.misnamed),
        }


def sides(ledger: Iterable[Entry], rows: Iterable[Row], fault_s: float) -> Sides:
    """`ledger` holds everybody's lines. The new side is every epoch above the largest acknowledged before the fault."""
    entries = list(ledger)
    orders = written(entries, rows)
    before = max((e.epoch for e in orders if e.ended < fault_s), default=0)
    old = [e for e in orders if e.epoch <= before]
    new = [e for e in orders if e.epoch > before]
    first = min((e.ended for e in new), default=None)
    last = max((e.ended for e in old), default=None)
    told = {e.order_key: (e.region, e.epoch) for e in entries if e.acknowledged}
    tried = [e for e in entries if e.population == RESIDENT and e.kind == BUY and e.started >= fault_s]
    return Sides(
        acknowledged=sum(e.ended >= fault_s for e in old),
        last_ack_s=None if last is None else last - fault_s,
        refused=sum(not e.good for e in tried),
        first_ack_s=None if first is None else first - fault_s,
        overlap_s=writers_overlap_s(orders),
        late=tuple(_late(orders)),
        misnamed=tuple(e.order_key for e in orders if told[e.order_key] != (e.region, e.epoch)),
    )


def _late(orders: Iterable[Entry]) -> Iterator[str]:
    newest = 0
    for order in sorted(orders, key=lambda entry: entry.ended):
        if order.epoch < newest:
            yield order.order_key
        newest = max(newest, order.epoch)


def written(entries: Sequence[Entry], rows: Iterable[Row]) -> list[Entry]:
    """The acknowledged orders, each under the region and epoch that stand in its facts."""
    facts = {row.order_key: row for row in rows if row.epoch}
    orders = []
    for entry in entries:
        if entry.acknowledged:
            row = facts.get(entry.order_key)
            orders.append(entry if row is None else replace(entry, region=row.region, epoch=row.epoch))
    return orders
