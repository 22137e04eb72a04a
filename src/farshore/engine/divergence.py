"""Compares an old writer's database with the new writer's, row by row, before the old one is thrown away.

Driven by the old side: chunk by chunk in key order, and for each chunk the same keys on the new side. So no two servers
have to agree on an order, and memory holds two chunks. What is reported errs on the side of too much: a row that is
known to have been replicated as it is, is merely older than the new writer's; one of which nobody knows is reported.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from farshore.model.divergence import (
    Difference,
    DifferenceKind,
    Divergence,
    Key,
    Row,
    Table,
    TableCount,
)
from farshore.model.failure import Refused, RetryLater
from farshore.ports.clock import Clock
from farshore.ports.reader import Reader

T = TypeVar("T")
Write = Callable[[Difference], None]
_CHUNK_FIRST = 50
_CHUNK_MAX = 900  # rows; from 1000 keys on, MariaDB makes a temporary table of them
_CHUNK_CELLS = 2_000_000  # characters
_ATTEMPTS_MAX = 8  # of one chunk
_ORDERS_MAX = 1000  # kept in the summary; the lines have all


@dataclass(frozen=True, slots=True)
class Sides:
    """The two databases; `since` is a moment at which the new writer still had everything the old one had."""

    old: Reader
    new: Reader
    database: str
    clock: Clock
    since: datetime | None = None


async def divergence(sides: Sides, orders: Sequence[str], write: Write) -> Divergence:
    """`orders` are the tables that make an order: they come first. `write` is told of each difference at once."""
    old_history, new_history = await sides.old.history(), await sides.new.history()
    transactions = await sides.old.transactions_beyond(new_history)
    mark = await sides.new.fork_mark(sides.database)
    there = {table.name: table for table in await sides.new.tables(sides.database)}
    tables = sorted(await sides.old.tables(sides.database), key=lambda table: (table.name not in orders, table.name))
    kept: list[Difference] = []

    def keep(difference: Difference) -> None:
        write(difference)
        is_order = difference.table in orders and difference.kind is DifferenceKind.MISSING
        if is_order and len(kept) < _ORDERS_MAX:
            kept.append(difference)

    counts = [await _table(sides, table, there.get(table.name), mark, keep) for table in tables]
    return Divergence(sides.database, tuple(counts), tuple(kept), old_history, new_history, tuple(transactions))


async def _table(sides: Sides, table: Table, other: Table | None, mark: str, keep: Write) -> TableCount:
    """What cannot be compared is named, and hides nothing of the others."""
    count = TableCount(table.name)
    if not table.key:
        return replace(count, why_not="it has no primary key")
    if other is not None and other.key != table.key:
        return replace(count, why_not="its primary key is another one on the new writer")
    after: Key | None = None
    chunk = _CHUNK_FIRST
    while True:
        try:
            rows, chunk = await _patiently(sides, chunk, partial(_rows, sides, table, after, mark))
            others = await _others(sides, other, rows)
        except Refused as error:
            return replace(count, why_not=str(error))
        for row, found in zip(rows, others, strict=True):
            count = _judge(sides, table, other, row, found, count, keep)
        if len(rows) < chunk:
            return count
        after, chunk = rows[-1].key, min(2 * chunk, _next_chunk(rows))


def _next_chunk(rows: Sequence[Row]) -> int:
    """As many as fit into memory well, by what the last ones were: a row may be a few bytes or a whole picture.

    It grows by doubling only (see the caller): a server that was too slow for more is not asked for more at once."""
    characters = sum(len(str(cell)) for row in rows for cell in row.cells.values())
    return max(1, min(_CHUNK_MAX, _CHUNK_CELLS * len(rows) // max(1, characters)))


async def _rows(sides: Sides, table: Table, after: Key | None, mark: str, size: int) -> Sequence[Row]:
    return await sides.old.rows(sides.database, table, after, size, mark)


async def _others(sides: Sides, other: Table | None, rows: Sequence[Row]) -> list[Row | None]:
    """On the new writer, which sells: pieces that take too long are made smaller."""
    if other is None:
        return [None] * len(rows)
    found: list[Row | None] = []
    size = max(1, len(rows))
    while len(found) < len(rows):
        piece, size = await _patiently(sides, size, partial(_rows_of, sides, other, rows[len(found) :]))
        found += piece
    return found


async def _rows_of(sides: Sides, table: Table, rows: Sequence[Row], size: int) -> Sequence[Row | None]:
    return await sides.new.rows_of(sides.database, table, [row.key for row in rows[:size]])


async def _patiently(sides: Sides, size: int, ask: Callable[[int], Awaitable[T]]) -> tuple[T, int]:
    """The answer, and the size that got it."""
    for attempt in range(1, _ATTEMPTS_MAX + 1):
        try:
            return await ask(size), size
        except Refused:
            raise
        except RetryLater as error:
            if attempt == _ATTEMPTS_MAX:
                raise
            size = max(1, size // 4)
            await sides.clock.sleep(max(error.after_s, 0.1 * attempt))
    raise AssertionError("unreachable")


def _judge(
    sides: Sides, table: Table, other: Table | None, row: Row, found: Row | None, count: TableCount, keep: Write
) -> TableCount:
    count = replace(count, read=count.read + 1)
    both = [column.name for column in (other or table).columns if column.name in row.cells]
    if found is not None and all(row.cells[name] == found.cells.get(name) for name in both):
        return count
    if _older(sides.since, table, row):
        return replace(count, older=count.older + 1)
    kind = DifferenceKind.MISSING if found is None else DifferenceKind.DIFFERS
    key = dict(zip(table.key, row.key, strict=True))
    cells = None if found is None else found.cells
    keep(Difference(table.name, kind, key, row.cells, cells, row.forked is True))
    if kind is DifferenceKind.MISSING:
        return replace(count, missing=count.missing + 1)
    return replace(count, differs=count.differs + 1)


def _older(since: datetime | None, table: Table, row: Row) -> bool:
    """Known to be as it was when the new writer still received everything."""
    if row.forked is not None:
        return not row.forked
    moments = [row.cells.get(column.name) for column in table.columns if column.touched]
    if since is None or not moments:
        return False
    return all(_before(moment, since) for moment in moments)


def _before(moment: object, since: datetime) -> bool:
    try:
        return datetime.fromisoformat(str(moment)).replace(tzinfo=UTC) < since
    except ValueError:
        return False
