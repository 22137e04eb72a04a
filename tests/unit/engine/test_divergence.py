"""The comparison of two writers, on servers in memory: what is reported, what is not, and what slowness does."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farshore.engine import divergence as module
from farshore.engine.divergence import Sides, divergence
from farshore.model.divergence import Column, Difference, Divergence, Key, Row, Table
from farshore.model.failure import Refused, RetryLater, Unreachable
from farshore.ports.reader import Reader
from farshore.sim.fake_clock import FakeClock
from farshore.sim.fake_database import FakeDatabase, fake_pair
from farshore.sim.fake_reader import FakeReader

Notes = dict[int, str]


def _put(server: FakeDatabase, notes: Notes, table: str = "orders") -> None:
    for number, note in notes.items():
        server.write(f"row:shop:{table}:{number}", json.dumps({"id": number, "note": note}))


def _writers(old: Notes, new: Notes) -> tuple[FakeDatabase, FakeDatabase]:
    writer, promoted = fake_pair(FakeClock())
    promoted.source = None
    _put(writer, old)
    _put(promoted, new)
    return writer, promoted


def _compare(
    old: Reader, new: Reader, orders: Sequence[str] = ("orders",), since: datetime | None = None
) -> tuple[Divergence, list[Difference]]:
    found: list[Difference] = []
    clock = FakeClock()

    async def work() -> Divergence:
        task = asyncio.create_task(divergence(Sides(old, new, "shop", clock, since), orders, found.append))
        while not task.done():
            await clock.advance(60.0)
        return await task

    return asyncio.run(work()), found


@given(
    st.dictionaries(st.integers(1, 60), st.sampled_from("abc")),
    st.dictionaries(st.integers(1, 60), st.sampled_from("abc")),
    st.integers(1, 9),
)
@settings(max_examples=60, deadline=None)
def test_exactly_what_the_old_writer_alone_has_is_reported(old: Notes, new: Notes, chunk: int) -> None:
    """For any two contents and any chunk: each row once, in key order; nothing of what the new writer alone has."""
    writer, promoted = _writers(old, new)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHUNK_FIRST", chunk)
        patch.setattr(module, "_CHUNK_MAX", chunk)
        summary, found = _compare(writer.reader(), promoted.reader())
    expected = {
        number: "missing" if number not in new else "differs" for number in old if old[number] != new.get(number)
    }
    assert [(d.key["id"], d.kind.value) for d in found] == sorted(expected.items())
    assert all(d.row["note"] == old[d.key["id"]] for d in found)  # type: ignore[index]
    assert summary.missing + summary.differs == len(expected)
    assert len(summary.orders_missing) == summary.missing
    assert sum(table.read for table in summary.tables) == len(old)


class _Slow(FakeReader):
    """Answers only small chunks in time, and counts what it was asked for."""

    def __init__(self, server: FakeDatabase, most: int, unreachable: int = 0) -> None:
        super().__init__(server)
        self.most, self.unreachable = most, unreachable
        self.asked: list[int] = []

    async def rows(self, database: str, table: Table, after: Key | None, limit: int, fork_mark: str = "") -> list[Row]:
        self._judge(limit)
        return list(await super().rows(database, table, after, limit, fork_mark))

    async def rows_of(self, database: str, table: Table, keys: Sequence[Key]) -> Sequence[Row | None]:
        self._judge(len(keys))
        return await super().rows_of(database, table, keys)

    def _judge(self, size: int) -> None:
        self.asked.append(size)
        if self.unreachable:
            self.unreachable -= 1
            raise Unreachable("Database db does not answer.")
        if size > self.most:
            raise RetryLater("Database db is not ready: time is up.")


def test_chunks_are_as_large_as_memory_likes() -> None:
    """Small rows come by the hundreds, pictures by the dozen."""
    notes = {number: "x" * (100_000 if number < 300 else 1) for number in range(1, 2000)}
    writer, promoted = _writers(notes, {})
    slow = _Slow(writer, most=10**6)
    _, found = _compare(slow, promoted.reader())
    assert len(found) == 1999
    assert slow.asked[:3] == [50, 19, 19]
    assert max(slow.asked) == 900


@pytest.mark.parametrize("side", ["old", "new"])
def test_a_chunk_that_takes_too_long_is_made_smaller(side: str) -> None:
    notes = dict.fromkeys(range(1, 50), "x")
    writer, promoted = _writers(notes, {99: "new"})
    old, new = writer.reader(), promoted.reader()
    slow = _Slow(writer if side == "old" else promoted, most=10)
    _, found = _compare(slow if side == "old" else old, slow if side == "new" else new)
    assert len(found) == 49
    assert min(slow.asked) <= 10


def test_a_connection_that_comes_back_is_gone_on_with() -> None:
    writer, promoted = _writers({1: "x", 2: "y"}, {1: "x"})
    _, found = _compare(_Slow(writer, 1000, unreachable=3), promoted.reader())
    assert [d.key for d in found] == [{"id": 2}]


def test_what_never_answers_is_given_up() -> None:
    """A difference that was not seen must not read as none: the failure goes up."""
    writer, promoted = _writers({1: "x"}, {99: "new"})
    with pytest.raises(RetryLater):
        _compare(_Slow(writer, most=0), promoted.reader())
    promoted.reachable = False
    with pytest.raises(Unreachable):
        _compare(writer.reader(), promoted.reader())


class _Forbidden(FakeReader):
    async def rows(self, database: str, table: Table, after: Key | None, limit: int, fork_mark: str = "") -> list[Row]:
        if table.name == "secret":
            raise Refused("The admin may not read it.", "Grant it.")
        return list(await super().rows(database, table, after, limit, fork_mark))


def test_a_table_that_is_refused_is_named_and_the_rest_is_compared() -> None:
    writer, promoted = _writers({1: "x"}, {})
    _put(writer, {1: "x"}, "secret")
    summary, found = _compare(_Forbidden(writer), promoted.reader(), orders=("secret",))
    assert [d.table for d in found] == ["orders"]
    assert [(table.table, table.why_not) for table in summary.not_compared] == [
        ("secret", "The admin may not read it. Grant it.")
    ]


def test_orders_come_first_and_are_kept_in_the_summary_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ORDERS_MAX", 3)
    writer, promoted = _writers(dict.fromkeys(range(1, 9), "x"), {})
    _put(writer, {1: "x"}, "addresses")
    summary, found = _compare(writer.reader(), promoted.reader())
    assert [d.table for d in found] == ["orders"] * 8 + ["addresses"]
    assert [d.key["id"] for d in summary.orders_missing] == [1, 2, 3]
    assert json.loads(json.dumps(summary.to_json()))["missing"] == 9


class _Dated(FakeReader):
    """As a server whose column `note` says when a row was last changed, or that knows its fork."""

    forked: bool | None = None

    async def tables(self, database: str) -> Sequence[Table]:
        return [Table("orders", ("id",), (Column("id", "int"), Column("note", "timestamp", touched=True)))]

    async def rows(self, database: str, table: Table, after: Key | None, limit: int, fork_mark: str = "") -> list[Row]:
        rows = await super().rows(database, table, after, limit, fork_mark)
        return [Row(row.key, row.cells, self.forked) for row in rows]


def test_rows_known_to_be_older_than_the_fork_are_counted_and_not_reported() -> None:
    notes = {1: "2026-01-01 00:00:00", 2: "2026-11-23 12:00:00.5", 3: "0000-00-00 00:00:00", 4: "garbled"}
    writer, promoted = _writers(notes, {})
    since = datetime(2026, 11, 23, 11, tzinfo=UTC)
    summary, found = _compare(_Dated(writer), promoted.reader(), since=since)
    assert [d.key["id"] for d in found] == [2, 3, 4], "what nobody knows is reported"
    assert summary.tables[0].older == 1
    assert len(_compare(_Dated(writer), promoted.reader())[1]) == 4, "nobody knows when the fork was"


@pytest.mark.parametrize(("forked", "reported", "sure"), [(True, 4, True), (None, 4, False), (False, 0, None)])
def test_what_the_server_knows_of_the_fork_counts(forked: bool | None, reported: int, sure: bool | None) -> None:
    writer, promoted = _writers({1: "a", 2: "b", 3: "c", 4: "d"}, {1: "z"})
    reader = _Dated(writer)
    reader.forked = forked
    _, found = _compare(reader, promoted.reader())
    assert len(found) == reported
    assert {d.sure for d in found} <= {sure}
