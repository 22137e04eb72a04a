"""What the order journal says of each order: was it taken, and how did it look last."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from farshore.reconcile.order import BEGUN, WITHDRAWN, Order, read_order


class Told(StrEnum):
    NOTHING = "nothing"
    INTENT = "intent"  # a checkout came as far as paying, and nobody saw it end
    TAKEN = "taken"  # it was acknowledged, or the shop itself went on with it
    WITHDRAWN = "withdrawn"  # the shop threw it away


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the order journal, opened."""

    order_key: str
    kind: str  # intent | ack | change
    at_ms: int
    epoch: int
    order_id: int
    total: str
    currency: str
    order: Mapping[str, Any] | None  # None: it could not be opened


@dataclass(frozen=True, slots=True)
class Testimony:
    """All that the journal says of one order."""

    order_key: str
    told: Told
    order_id: int
    total: str
    currency: str
    at_ms: int  # of its last line
    epoch: int  # of its last line
    order: Order | None  # as it was last known; None: no line of it could be opened
    unreadable: int = 0  # lines


_KINDS = ("intent", "change", "ack")  # of one millisecond, the acknowledgement is the last word


def testimonies(entries: Iterable[Entry]) -> dict[str, Testimony]:
    """By order_key. The same line from several app servers counts once."""
    by_key: dict[str, dict[tuple[int, str], Entry]] = {}
    for entry in entries:
        lines = by_key.setdefault(entry.order_key, {})
        known = lines.get((entry.at_ms, entry.kind))
        if known is None or known.order is None:
            lines[entry.at_ms, entry.kind] = entry
    return {key: _testimony(key, sorted(lines.values(), key=_age)) for key, lines in by_key.items()}


def in_window(found: Testimony, since_ms: int, now_ms: int, epoch: int, settled_ms: int) -> bool:
    """Old enough to be over, young enough to be in doubt. Of an older epoch, everything is over."""
    return found.at_ms >= since_ms and (found.epoch < epoch or found.at_ms <= now_ms - settled_ms)


def _age(entry: Entry) -> tuple[int, int]:
    return entry.at_ms, _KINDS.index(entry.kind) if entry.kind in _KINDS else -1


def _testimony(key: str, lines: list[Entry]) -> Testimony:
    opened = [(line, order) for line in lines if (order := _opened(line)) is not None]
    taken = any(line.kind == "ack" for line in lines) or any(
        line.kind == "change" and order.status not in BEGUN | WITHDRAWN | {"failed", "cancelled"}
        for line, order in opened
    )
    # An intent says `pending` even where an acknowledged order is paid a second time: it is no last word.
    words = [(line, order) for line, order in opened if line.kind != "intent"] if taken else opened
    order = words[-1][1] if words else None
    told = Told.TAKEN if taken else Told.INTENT
    if opened and opened[-1][1].status in WITHDRAWN:
        told, order = Told.WITHDRAWN, opened[-1][1]
    last = lines[-1]
    return Testimony(
        key,
        told,
        next((line.order_id for line in reversed(lines) if line.order_id), 0),
        last.total,
        last.currency,
        last.at_ms,
        last.epoch,
        order,
        len(lines) - len(opened),
    )


def _opened(entry: Entry) -> Order | None:
    if entry.order is None:
        return None
    try:
        order = read_order(entry.order)
    except ValueError:
        return None
    return order if order.key == entry.order_key else None
