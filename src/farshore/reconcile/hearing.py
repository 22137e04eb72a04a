"""Hears the order journal's witnesses: the agents of both regions, what they received and what they could not deliver.

The region that sells now holds what the old one sent it. The old one, if it is back, holds what it took and could not
send. Whoever cannot be heard is a gap, and is named: what it alone knows is not in the report.
"""

import asyncio
from collections.abc import Sequence

from farshore.model.failure import Failure, Refused
from farshore.model.order_entry import OrderEntry
from farshore.ports.app import App
from farshore.ports.order_journal import SealedOrders
from farshore.reconcile.witness import Entry, Testimony, in_window, testimonies

_PAGE = 500
_PAGES_MAX = 100_000  # an agent that never ends is broken


async def hear(apps: Sequence[App], store: str, box: SealedOrders | None) -> tuple[list[Entry], list[str]]:
    """All entries that anybody holds, and the gaps, as sentences. All are asked at once: a dead one takes seconds."""
    heard = await asyncio.gather(*(_hear_one(app, store) for app in apps))
    lines = {entry.key: entry for found, _ in heard for entry in found}
    gaps = [text for _, texts in heard for text in texts]
    entries = [_opened(line, box) for line in lines.values()]
    sealed = sum(entry.order is None for entry in entries)
    if sealed:
        gaps.append(f"{sealed} of {len(entries)} lines of the journal cannot be opened with this key.")
    return entries, gaps


async def _hear_one(app: App, store: str) -> tuple[list[OrderEntry], list[str]]:
    lines: list[OrderEntry] = []
    gaps: list[str] = []
    for spool in (False, True):
        try:
            damaged = await _read(app, store, spool, lines)
        except Failure as failure:
            gaps.append(f"The journal of {app.name} could not be read: {failure.what}")
            break
        if damaged:
            gaps.append(f"{damaged} lines of the journal of {app.name} are damaged and were left out.")
    return lines, gaps


def recent(entries: Sequence[Entry], since_ms: int, now_ms: int, epoch: int, settled_ms: int) -> dict[str, Testimony]:
    """The orders in question, each with all that is known of it."""
    all_of_them = testimonies(entries)
    return {key: one for key, one in all_of_them.items() if in_window(one, since_ms, now_ms, epoch, settled_ms)}


async def _read(app: App, store: str, spool: bool, lines: list[OrderEntry]) -> int:
    after, damaged = "", 0
    for _ in range(_PAGES_MAX):
        page = await app.journal.read(store, after, _PAGE, spool)
        damaged += page.damaged
        if not page.entries:
            return damaged
        lines += page.entries
        after = page.next
    raise Refused(f"The journal of {app.name} does not end.", "Deploy the agents again.")


def _opened(line: OrderEntry, box: SealedOrders | None) -> Entry:
    try:
        order = box.open(line.sealed) if box is not None else None
    except Refused:
        order = None
    return Entry(
        order_key=line.order_key,
        kind=line.kind.value,
        at_ms=line.at_ms,
        epoch=int(line.epoch),
        order_id=line.order_id,
        total=line.order_total,
        currency=line.currency,
        order=order,
    )
