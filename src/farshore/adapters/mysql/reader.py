"""Rows of a MySQL or MariaDB server, over a connection of its own. Implements the reader port.

The connection takes every value as the text that the server sends. Zero dates, decimals and moments stay what they are,
and two servers' rows are equal when their texts are.
"""

import json
from collections.abc import Sequence

from farshore.adapters.mysql import gtids
from farshore.adapters.mysql.cells import cell, literal
from farshore.adapters.mysql.session import MySqlSession, Statements, name
from farshore.model.divergence import Column, Key, Row, Table
from farshore.model.failure import Refused
from farshore.model.sighting import Position
from farshore.ports.cloud import DatabaseServer

_TABLES = """
SELECT schema_name FROM information_schema.schemata WHERE schema_name = %s;
SELECT c.table_name, c.column_name, c.data_type, c.extra FROM information_schema.columns c
    JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
    WHERE c.table_schema = %s AND t.table_type = 'BASE TABLE' AND c.table_name NOT LIKE 'farshore\\_%%'
    ORDER BY c.table_name, c.ordinal_position;
SELECT table_name, column_name FROM information_schema.statistics
    WHERE table_schema = %s AND index_name = 'PRIMARY' ORDER BY table_name, seq_in_index
"""
_SNAPSHOT = "COMMIT; START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"


class MySqlReader:
    def __init__(self, server: DatabaseServer, ca_pem: str | None, timeout_s: float) -> None:
        self._session = MySqlSession(server, ca_pem, timeout_s, prepare=_prepare(timeout_s))
        self._table = ""  # whose snapshot is open

    async def tables(self, database: str) -> Sequence[Table]:
        return await self._session.run(lambda s: _tables(s, self._session.where, database), writing=False)

    async def rows(
        self, database: str, table: Table, after: Key | None, limit: int, fork_mark: str = ""
    ) -> Sequence[Row]:
        def look(statements: Statements) -> Sequence[Row]:
            wanted = f"{database}.{table.name}"
            if not (statements.in_transaction and self._table == wanted):
                statements.all(_SNAPSHOT)
                self._table = wanted
            where = "" if after is None else f"WHERE {_beyond(statements, table, after)}"
            keys = ", ".join(_ordered(column) for column in _key_columns(table))
            found = statements.rows(f"{_select(database, table)} {where} ORDER BY {keys} LIMIT {int(limit)}")
            if len(found) < limit:
                statements.all("COMMIT")
            return [_row(table, values) for values in found]

        return await self._session.run(look, writing=False)

    async def rows_of(self, database: str, table: Table, keys: Sequence[Key]) -> Sequence[Row | None]:
        return await self._session.run(lambda s: _rows_of(s, database, table, keys), writing=False)

    async def fork_mark(self, database: str) -> str:
        return ""

    async def history(self) -> Position:
        return await self._session.run(gtids.history, writing=False)

    async def transactions_beyond(self, other: Position) -> Sequence[str]:
        return await self._session.run(lambda statements: gtids.beyond(statements, other), writing=False)

    async def close(self) -> None:
        await self._session.close()


def _prepare(timeout_s: float) -> str:
    """The server gives up before we do, so that what is left of a long statement does not run on."""
    return (
        "SET SESSION TRANSACTION READ ONLY; SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ; "
        "SET SESSION time_zone = '+00:00', sql_mode = 'NO_ENGINE_SUBSTITUTION' "
        f"/*M! , max_statement_time = {timeout_s * 0.8:.3f} */ /*!50708 , max_execution_time = {timeout_s * 800:.0f} */"
    )


def _tables(statements: Statements, where: str, database: str) -> Sequence[Table]:
    schemas, columns, keys = statements.all(_TABLES, database, database, database)
    if not schemas:
        raise Refused(f"{where} has no database {database}.", "Correct stores[].database in farshore.yaml.")
    found: dict[str, list[Column]] = {}
    for table, column, kind, extra in columns:
        touched = "on update current_timestamp" in str(extra).lower()
        found.setdefault(str(table), []).append(Column(str(column), str(kind).lower(), touched))
    key_of: dict[str, list[str]] = {}
    for table, column in keys:
        key_of.setdefault(str(table), []).append(str(column))
    return [Table(table, tuple(key_of.get(table, ())), tuple(of)) for table, of in sorted(found.items())]


def _rows_of(statements: Statements, database: str, table: Table, keys: Sequence[Key]) -> Sequence[Row | None]:
    """All in one statement; those whose text differs from the one that was asked for (as 'a' and 'A' do, which may be
    one key) are asked for one by one, in one round trip."""
    if not keys:
        return []
    conditions = [_equal(statements, table, key) for key in keys]
    columns = _key_columns(table)
    if len(columns) == 1:
        values = ", ".join(literal(columns[0], key[0], statements.text) for key in keys)
        wanted = f"{name(columns[0].name)} IN ({values})"
    else:
        wanted = " OR ".join(f"({condition})" for condition in conditions)
    select = _select(database, table)
    known = {_same(row.key): row for row in (_row(table, v) for v in statements.rows(f"{select} WHERE {wanted}"))}
    found = [known.get(_same(key)) for key in keys]
    missing = [at for at, row in enumerate(found) if row is None]
    if missing:
        answers = statements.all("; ".join(f"{select} WHERE {conditions[at]}" for at in missing))
        for at, answer in zip(missing, answers, strict=True):
            found[at] = _row(table, answer[0]) if answer else None
    return found


def _same(key: Key) -> str:
    return json.dumps(key)


def _select(database: str, table: Table) -> str:
    columns = ", ".join(name(column.name) for column in table.columns)
    return f"SELECT {columns} FROM {name(database)}.{name(table.name)}"


def _row(table: Table, values: Sequence[object]) -> Row:
    cells = {column.name: cell(column, value) for column, value in zip(table.columns, values, strict=True)}
    return Row(tuple(cells[part] for part in table.key), cells)


def _key_columns(table: Table) -> list[Column]:
    by_name = {column.name: column for column in table.columns}
    return [by_name[part] for part in table.key]


def _ordered(column: Column) -> str:
    """An enumeration is ordered by number and compared by name; here both are by name, at the price of its index."""
    return f"CAST({name(column.name)} AS CHAR)" if column.type in ("enum", "set") else name(column.name)


def _beyond(statements: Statements, table: Table, after: Key) -> str:
    """Written out, as MySQL uses no index for a comparison of tuples."""
    parts, before = [], ""
    for column, value in zip(_key_columns(table), after, strict=True):
        at = f"{_ordered(column)} > {literal(column, value, statements.text)}"
        parts.append(f"({before}{at})")
        before += f"{_ordered(column)} = {literal(column, value, statements.text)} AND "
    return " OR ".join(parts)


def _equal(statements: Statements, table: Table, key: Key) -> str:
    return " AND ".join(
        f"{name(column.name)} = {literal(column, value, statements.text)}"
        for column, value in zip(_key_columns(table), key, strict=True)
    )
