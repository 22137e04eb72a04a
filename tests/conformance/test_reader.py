"""The reader port and the comparison above it: on the fake pair, and on real MariaDB and PostgreSQL pairs."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from forked import Forked
from pairs import Pair

from farshore.adapters.system_clock import SystemClock
from farshore.engine.divergence import Sides, divergence
from farshore.model.divergence import Difference, DifferenceKind, Divergence, Row, Table
from farshore.model.failure import Failure, Unreachable
from farshore.model.region import Epoch
from farshore.ports.reader import Reader

Run = Callable[[Any], Any]
MISSING, DIFFERS = DifferenceKind.MISSING, DifferenceKind.DIFFERS


@pytest.fixture
def forked(pair: Pair, run: Run) -> Forked:
    run(pair.writer.prepare())
    return Forked(pair)


@pytest.fixture
def readers(pair: Pair, run: Run) -> Iterator[tuple[Reader, Reader]]:
    made = pair.writer.reader(), pair.replica.reader()
    yield made
    for reader in made:
        run(reader.close())


def _table(run: Run, reader: Reader, name: str = "orders") -> Table:
    return next(table for table in run(reader.tables("shop")) if table.name == name)


def _compare(run: Run, readers: tuple[Reader, Reader]) -> tuple[Divergence, dict[Any, Difference]]:
    found: list[Difference] = []
    summary = run(divergence(Sides(*readers, "shop", SystemClock()), ["orders"], found.append))
    return summary, {difference.key["id"]: difference for difference in found if difference.table == "orders"}


def _ids(rows: list[Row | None]) -> list[Any]:
    return [None if row is None else row.cells["id"] for row in rows]


def test_the_tables_are_the_stores_and_not_our_own(forked: Forked, readers: Any, run: Run) -> None:
    forked.put(False, 1, "first")
    run(forked.pair.writer.guard("shop", ["orders"], "shop"))
    names = [table.name for table in run(readers[0].tables("shop"))]
    assert "orders" in names
    assert not [name for name in names if "farshore" in name]
    orders = _table(run, readers[0])
    assert orders.key == ("id",)
    assert [column.name for column in orders.columns] == ["id", "note"]


def test_a_table_is_read_chunk_by_chunk_in_key_order(forked: Forked, readers: Any, run: Run) -> None:
    for number in (10, 9, 100, 1, 2):
        forked.put(False, number, f"note {number}")
    orders = _table(run, readers[0])
    first = run(readers[0].rows("shop", orders, None, 3))
    assert _ids(first) == [1, 2, 9]
    assert first[0].cells["note"] == "note 1"
    assert _ids(run(readers[0].rows("shop", orders, first[-1].key, 3))) == [10, 100]
    assert _ids(run(readers[0].rows("shop", orders, (100,), 3))) == []


def test_rows_are_found_by_key_in_the_order_that_was_asked_for(forked: Forked, readers: Any, run: Run) -> None:
    for number in (1, 2, 3):
        forked.put(False, number, f"note {number}")
    orders = _table(run, readers[0])
    assert _ids(run(readers[0].rows_of("shop", orders, [(3,), (7,), (1,)]))) == [3, None, 1]
    assert list(run(readers[0].rows_of("shop", orders, []))) == []


def test_what_only_the_old_writer_has_is_named_row_by_row(forked: Forked, readers: Any, run: Run) -> None:
    for number in (1, 2, 3):
        forked.put(False, number, "shared")
    forked.fork()
    forked.put(False, 4, "lost")
    forked.put(False, 3, "paid")
    forked.put(True, 1001, "new")
    summary, found = _compare(run, readers)
    assert {key: difference.kind for key, difference in found.items()} == {4: MISSING, 3: DIFFERS}
    assert (found[4].row["note"], found[4].other) == ("lost", None)
    assert found[3].row["note"] == "paid"
    assert found[3].other is not None
    assert found[3].other["note"] == "shared"
    assert [order.key["id"] for order in summary.orders_missing] == [4]
    assert (summary.missing, summary.differs) == (1, 1)
    (orders,) = [table for table in summary.tables if table.table == "orders"]
    assert (orders.read, orders.missing, orders.differs, orders.why_not) == (4, 1, 1, "")
    assert summary.tables[0].table == "orders", "what an order is made of comes first"


def test_equal_sides_have_no_difference(forked: Forked, readers: Any, run: Run) -> None:
    for number in range(1, 40):
        forked.put(False, number, "shared")
    forked.fork()
    summary, found = _compare(run, readers)
    assert found == {}
    assert (summary.missing, summary.differs) == (0, 0)


def test_what_the_new_writer_alone_has_is_no_loss(forked: Forked, readers: Any, run: Run) -> None:
    forked.put(False, 1, "shared")
    forked.fork()
    forked.put(True, 2, "new")
    assert _compare(run, readers)[1] == {}


def test_transactions_of_the_old_writer_are_named_where_the_engine_has_names(
    forked: Forked, readers: Any, run: Run
) -> None:
    forked.put(False, 1, "shared")
    forked.fork()
    history = run(readers[1].history())
    assert list(run(readers[0].transactions_beyond(history))) == []
    forked.put(False, 2, "lost")
    assert run(readers[0].history()) != history
    if history.engine != "pg":
        assert len(run(readers[0].transactions_beyond(history))) >= 1
    assert list(run(readers[1].transactions_beyond(run(readers[0].history())))) == []


def test_a_fenced_database_is_read_all_the_same(forked: Forked, readers: Any, run: Run) -> None:
    forked.put(False, 1, "shared")
    forked.fork()
    forked.put(False, 2, "lost")
    run(forked.pair.writer.fence(Epoch(2), "shop"))
    assert set(_compare(run, readers)[1]) == {2}


def test_a_dead_server_is_unreachable(forked: Forked, readers: Any, run: Run) -> None:
    forked.put(False, 1, "shared")
    orders = _table(run, readers[0])
    forked.pair.kill_writer()
    with pytest.raises(Failure):
        run(readers[0].rows("shop", orders, None, 3))
    with pytest.raises(Unreachable):
        run(readers[0].rows("shop", orders, None, 3))
