"""What only real servers do to rows: types, keys that differ and are one, slow chunks, numbers of transactions."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from forked import Forked
from pairs import PAIRS, MariaDbPair, Pair, PostgreSqlPair
from throwaway import why_not

from farshore.adapters.mysql.reader import MySqlReader
from farshore.adapters.postgresql.reader import PostgreSqlReader
from farshore.adapters.system_clock import SystemClock
from farshore.engine.divergence import Sides, divergence
from farshore.model.divergence import Difference, DifferenceKind, Divergence, Key, Table
from farshore.model.failure import Refused, RetryLater, Unreachable
from farshore.model.region import Epoch
from farshore.ports.reader import Reader

Run = Callable[[Any], Any]
pytestmark = [pytest.mark.lab, pytest.mark.skipif(bool(why_not()), reason=why_not() or "-")]

MANY_TYPES = {
    "mariadb": """CREATE TABLE kinds (id BIGINT UNSIGNED PRIMARY KEY, price DECIMAL(20,8), day DATE, at DATETIME(6),
        moment TIMESTAMP NULL, clock TIME, raw VARBINARY(20), flags BIT(10), kind ENUM('b','a'), ratio DOUBLE,
        note TEXT CHARACTER SET latin1, yes BOOL, doc JSON, nothing INT)""",
    "postgresql": """CREATE TABLE kinds (id NUMERIC(20) PRIMARY KEY, price NUMERIC(20,8), day DATE, at TIMESTAMP,
        moment TIMESTAMPTZ, clock TIME, raw BYTEA, flags BIT(10), kind TEXT[], ratio FLOAT8, note TEXT, yes BOOL,
        doc JSONB, nothing INT)""",
}
VALUES = {
    "mariadb": "18446744073709551615, 0.10000000, '2026-11-23', '2026-11-23 10:11:12.123456', "
    "'2026-11-23 10:11:12', '-10:11:12', x'00ff27', b'1000000001', 'b', 0.1, 'caf\u00e9', 1, '{\"a\": [1]}', NULL",
    "postgresql": "18446744073709551615, 0.10000000, '2026-11-23', '2026-11-23 10:11:12.123456', "
    "'2026-11-23 10:11:12+00', '10:11:12', '\\x00ff27', '1000000001', '{a,NULL}', 0.1, 'caf\u00e9', true, "
    "'{\"a\": [1]}', NULL",
}


@pytest.fixture(params=["mariadb", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def forked(engine: str, tmp_path: Path, run: Run) -> Iterator[Forked]:
    pair: Pair = PAIRS[engine](tmp_path)
    run(pair.writer.prepare())
    yield Forked(pair)
    run(pair.writer.close())
    run(pair.replica.close())
    pair.stop()


@pytest.fixture
def readers(forked: Forked, run: Run) -> Iterator[tuple[Reader, Reader]]:
    made = forked.pair.writer.reader(), forked.pair.replica.reader()
    yield made
    for reader in made:
        run(reader.close())


def _make(forked: Forked, engine: str, *statements: str) -> None:
    grant = ["GRANT ALL ON ALL TABLES IN SCHEMA public TO doadmin"] if engine == "postgresql" else []
    forked.sql(False, *statements, *grant)


def _table(run: Run, reader: Reader, name: str) -> Table:
    return next(table for table in run(reader.tables("shop")) if table.name == name)


def _all(run: Run, reader: Reader, table: Table, chunk: int) -> list[Key]:
    found: list[Key] = []
    while True:
        rows = run(reader.rows("shop", table, found[-1] if found else None, chunk))
        found += [row.key for row in rows]
        if len(rows) < chunk:
            return found


def _compare(run: Run, readers: tuple[Reader, Reader]) -> tuple[Divergence, list[Difference]]:
    found: list[Difference] = []
    return run(divergence(Sides(*readers, "shop", SystemClock()), ["orders"], found.append)), found


def test_every_kind_of_value_is_a_json_value_that_loses_nothing(
    forked: Forked, readers: Any, run: Run, engine: str
) -> None:
    _make(forked, engine, MANY_TYPES[engine], f"INSERT INTO kinds VALUES ({VALUES[engine]})")
    kinds = _table(run, readers[0], "kinds")
    (row,) = run(readers[0].rows("shop", kinds, None, 10))
    cells = json.loads(json.dumps(row.cells))
    assert int(cells["id"]) == 18446744073709551615
    assert cells["price"] == "0.10000000"
    assert cells["day"] == "2026-11-23"
    assert cells["at"] == "2026-11-23 10:11:12.123456"
    assert cells["moment"].startswith("2026-11-23 10:11:12")
    assert base64.b64decode(cells["raw"]["base64"]) == b"\x00\xff'"
    assert cells["ratio"] == 0.1
    assert cells["note"] == "caf\u00e9"
    assert cells["yes"] in (True, 1)
    assert json.loads(cells["doc"]) == {"a": [1]}
    assert cells["nothing"] is None
    assert cells["flags"] in (513, "1000000001")
    (again,) = run(readers[0].rows_of("shop", kinds, [row.key]))
    assert again == row
    run(readers[0].tables("shop"))
    assert run(readers[0].rows("shop", kinds, row.key, 10)) == []


@pytest.mark.parametrize("chunk", [1, 2, 3, 100])
def test_keys_of_several_columns_are_walked_once_and_whole(
    forked: Forked, readers: Any, run: Run, engine: str, chunk: int
) -> None:
    keys = [(a, b) for a in (1, 2, 10) for b in ("a'b", "b\\", "c")]
    rows = ", ".join(f"({a}, '{b.replace(chr(39), chr(39) * 2)}', {a})" for a, b in keys)
    if engine == "mariadb":
        rows = rows.replace("\\", "\\\\")
    _make(
        forked,
        engine,
        "CREATE TABLE two (a INT, b VARCHAR(10), c INT, PRIMARY KEY (a, b))",
        f"INSERT INTO two VALUES {rows}",
    )
    two = _table(run, readers[0], "two")
    assert _all(run, readers[0], two, chunk) == keys
    found = run(readers[0].rows_of("shop", two, [*reversed(keys), (1, "nobody")]))
    assert [row and row.key for row in found] == [*reversed(keys), None]


def test_a_key_of_any_type_is_walked(forked: Forked, readers: Any, run: Run, engine: str) -> None:
    """Enumerations are ordered by number and compared by name, bytes have no text, large decimals are no floats."""
    types = {
        "mariadb": [
            ("ENUM('z','m','a')", ["'z'", "'m'", "'a'"]),
            ("VARBINARY(8)", ["x'00'", "x'ff27'", "x'5c'"]),
            ("DECIMAL(30,2)", ["12345678901234567890.01", "12345678901234567890.02", "-1.50"]),
            ("DATETIME(3)", ["'2026-01-01 00:00:00.001'", "'2026-01-01 00:00:00.002'", "'1970-01-02'"]),
            ("BIT(9)", ["b'1'", "b'100000000'", "b'10'"]),
            ("VARCHAR(20)", ["'\u00e9'", "'f'", "'D'"]),
        ],
        "postgresql": [
            ("UUID", [f"'{'0' * 8}-0000-4000-8000-{n:012d}'" for n in (1, 2, 3)]),
            ("BYTEA", ["'\\x00'", "'\\xff27'", "'\\x5c'"]),
            ("NUMERIC", ["12345678901234567890.01", "12345678901234567890.02", "-1.50"]),
            ("TIMESTAMPTZ", ["'2026-01-01 00:00:00.001+02'", "'2026-01-01 00:00:00.002Z'", "'1970-01-02'"]),
            ("BOOL", ["true", "false"]),
            ("VARCHAR(20)", ["'\u00e9'", "'f'", "'D'"]),
        ],
    }[engine]
    made = []
    for number, (kind, values) in enumerate(types):
        made.append(f"CREATE TABLE key{number} (k {kind} PRIMARY KEY, n INT)")
        made.append(f"INSERT INTO key{number} VALUES " + ", ".join(f"({value}, 1)" for value in values))
    _make(forked, engine, *made)
    for number, (kind, values) in enumerate(types):
        table = _table(run, readers[0], f"key{number}")
        for chunk in (1, 2):
            keys = _all(run, readers[0], table, chunk)
            assert len(keys) == len(set(map(str, keys))) == len(values), kind
        assert [row.key for row in run(readers[0].rows_of("shop", table, keys))] == keys, kind


def test_keys_that_the_server_calls_equal_are_one_row(forked: Forked, readers: Any, run: Run, engine: str) -> None:
    """Only the spelling of the key was changed: the row differs, and is not missing."""
    kind = "VARCHAR(20) COLLATE utf8mb4_general_ci" if engine == "mariadb" else "NUMERIC"
    old, new = ("'Anna'", "'anna'") if engine == "mariadb" else ("1.50", "1.5")
    _make(forked, engine, f"CREATE TABLE names (k {kind} PRIMARY KEY, n INT)", f"INSERT INTO names VALUES ({old}, 1)")
    forked.fork()
    forked.sql(True, f"UPDATE names SET k = {new}")
    summary, found = _compare(run, readers)
    assert [(d.table, d.kind) for d in found] == [("names", DifferenceKind.DIFFERS)]
    assert summary.missing == 0


def test_what_cannot_be_compared_is_named(forked: Forked, readers: Any, run: Run, engine: str) -> None:
    _make(forked, engine, "CREATE TABLE keyless (n INT)", "CREATE TABLE gone (id INT PRIMARY KEY, n INT)",
          "CREATE TABLE moved (id INT PRIMARY KEY, n INT)", "INSERT INTO gone VALUES (7, 1)",
          "INSERT INTO moved VALUES (7, 1)")  # fmt: skip
    forked.fork()
    drop = (
        "ALTER TABLE moved DROP PRIMARY KEY" if engine == "mariadb" else "ALTER TABLE moved DROP CONSTRAINT moved_pkey"
    )
    forked.sql(True, "DROP TABLE gone", drop, "ALTER TABLE moved ADD PRIMARY KEY (n)")
    summary, found = _compare(run, readers)
    assert {table.table for table in summary.not_compared} == {"keyless", "moved"}
    assert [(d.table, d.kind, d.key) for d in found] == [("gone", DifferenceKind.MISSING, {"id": 7})]


def test_columns_that_came_later_are_no_difference(forked: Forked, readers: Any, run: Run, engine: str) -> None:
    """A plugin was updated on the new writer: what both have is compared."""
    forked.put(False, 1, "shared")
    forked.fork()
    forked.sql(True, "ALTER TABLE orders ADD COLUMN extra INT")
    forked.put(False, 2, "lost")
    _, found = _compare(run, readers)
    assert [d.key for d in found if d.table == "orders"] == [{"id": 2}]


def test_all_chunks_of_a_table_are_of_one_moment(forked: Forked, readers: Any, run: Run, engine: str) -> None:
    for number in (1, 2, 3):
        forked.put(False, number, "before")
    orders = _table(run, readers[0], "orders")
    first = run(readers[0].rows("shop", orders, None, 2))
    forked.sql(False, "UPDATE orders SET note = 'after' WHERE id = 3")
    forked.put(False, 4, "after")
    assert [row.cells["note"] for row in run(readers[0].rows("shop", orders, first[-1].key, 2))] == ["before"]
    assert len(run(readers[0].rows("shop", orders, None, 9))) == 4, "begun anew, it sees what is there now"


def test_a_reader_cannot_write_and_holds_nobody_up(forked: Forked, readers: Any, run: Run, engine: str) -> None:
    forked.put(False, 1, "shared")
    orders = _table(run, readers[0], "orders")
    run(readers[0].rows("shop", orders, None, 1))  # its transaction is open
    forked.sql(False, "UPDATE orders SET note = 'x'", "DELETE FROM orders")
    session = readers[0]._session if engine == "mariadb" else readers[0]._store("shop")
    for statement in ("INSERT INTO shop.orders (id) VALUES (9)", "INSERT INTO orders (id) VALUES (9)"):
        with pytest.raises(Refused):
            run(session.run(lambda statements, s=statement: statements.all(s), writing=True))
    assert forked.pair.orders() == 0


def test_a_chunk_that_takes_too_long_is_later_and_smaller(forked: Forked, run: Run, engine: str) -> None:
    """Somebody's lock holds the table: the chunk is given up after the time limit, and the server left in peace."""
    forked.put(False, 1, "shared")
    pair: Any = forked.pair
    holder = pair._connect(pair._servers[0], "platform", "shop", engine == "mariadb")
    cursor = holder.cursor()
    made = MySqlReader if engine == "mariadb" else PostgreSqlReader
    opened = pair.writer._open
    reader = made(*opened, timeout_s=1.0)
    orders = _table(run, reader, "orders")
    cursor.execute("LOCK TABLES orders WRITE" if engine == "mariadb" else "LOCK TABLE orders")
    with pytest.raises(RetryLater) as raised:
        run(reader.rows("shop", orders, None, 5))
    assert not isinstance(raised.value, Unreachable)
    holder.close()
    assert len(run(reader.rows("shop", orders, None, 5))) == 1
    run(reader.close())


def test_a_reader_whose_connection_broke_goes_on(forked: Forked, readers: Any, run: Run, engine: str) -> None:
    for number in (1, 2, 3):
        forked.put(False, number, "shared")
    orders = _table(run, readers[0], "orders")
    first = run(readers[0].rows("shop", orders, None, 2))
    if engine == "mariadb":
        for (one,) in forked.sql(False, "SELECT id FROM information_schema.processlist WHERE user = 'doadmin'"):
            forked.sql(False, f"KILL {one}")
    else:
        forked.sql(False, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'doadmin'")
    assert [row.key for row in run(readers[0].rows("shop", orders, first[-1].key, 2))] == [(3,)]


def test_a_database_or_right_that_is_missing_is_refused(forked: Forked, readers: Any, run: Run, engine: str) -> None:
    with pytest.raises(Refused):
        run(readers[0].tables("nobody"))
    ghost = replace(_table(run, readers[0], "orders"), name="nobody")
    with pytest.raises(Refused):
        run(readers[0].rows("shop", ghost, None, 1))


@pytest.mark.parametrize("engine", ["postgresql"])
def test_a_table_that_the_admin_may_not_read_is_named_and_the_others_are_compared(
    forked: Forked, readers: Any, run: Run, engine: str
) -> None:
    forked.sql(False, "CREATE TABLE secret (id INT PRIMARY KEY)")
    forked.fork()
    forked.put(False, 5, "lost")
    summary, found = _compare(run, readers)
    assert [d.key for d in found] == [{"id": 5}]
    (secret,) = summary.not_compared
    assert secret.table == "secret"
    assert "GRANT SELECT" in secret.why_not


@pytest.mark.parametrize("engine", ["postgresql"])
def test_rows_that_the_new_writer_changed_are_no_loss_on_postgresql(
    forked: Forked, readers: Any, run: Run, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number of the transaction that wrote a row tells on which side of the fork that was."""
    monkeypatch.setattr("farshore.adapters.postgresql.reader._UNSURE", 50)
    for number in range(1, 100):  # each a transaction of its own
        forked.put(False, number, "shared")
    forked.fork()
    assert run(forked.pair.replica.raise_epoch(Epoch(2))) == 2
    run(forked.pair.replica.jump_ids("shop", [], 1000, "plan-1"))
    forked.sql(True, "UPDATE orders SET note = 'served' WHERE id IN (1, 99)", "DELETE FROM orders WHERE id IN (2, 98)")
    forked.put(False, 3, "paid")
    for number in range(200, 230):
        forked.put(False, number, "lost")
    assert run(readers[1].fork_mark("shop"))
    summary, found = _compare(run, readers)
    of = {d.key["id"]: (d.kind.value, d.sure) for d in found if d.table == "orders"}
    assert of[3][0] == "differs"
    assert of[229] == ("missing", True)
    assert {of[99][0], of[98][0]} == {"differs", "missing"}, "too near to the fork to be known as older"
    assert 1 not in of
    assert 2 not in of
    assert next(table for table in summary.tables if table.table == "orders").older == 2


@pytest.mark.parametrize("engine", ["mariadb"])
def test_a_row_that_says_when_it_was_changed_is_known_as_older(
    forked: Forked, readers: Any, run: Run, engine: str
) -> None:
    from datetime import UTC, datetime

    _make(
        forked, engine,
        "CREATE TABLE stock (id INT PRIMARY KEY, n INT, at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP "
        "ON UPDATE CURRENT_TIMESTAMP)",
        "SET timestamp = UNIX_TIMESTAMP('2026-01-01')", "INSERT INTO stock (id, n) VALUES (1, 5), (2, 5)",
    )  # fmt: skip
    forked.fork()
    forked.sql(True, "UPDATE stock SET n = 4")
    forked.sql(False, "UPDATE stock SET n = 3 WHERE id = 2")
    found: list[Difference] = []
    sides = Sides(*readers, "shop", SystemClock(), since=datetime(2026, 6, 1, tzinfo=UTC))
    summary = run(divergence(sides, [], found.append))
    assert [(d.table, d.key) for d in found] == [("stock", {"id": 2})]
    assert next(table for table in summary.tables if table.table == "stock").older == 1


def test_the_pairs_are_those_that_are_meant(forked: Forked, engine: str) -> None:
    assert isinstance(forked.pair, MariaDbPair if engine == "mariadb" else PostgreSqlPair)
