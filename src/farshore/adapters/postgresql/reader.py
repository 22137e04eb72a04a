"""Rows of a PostgreSQL server, over connections of its own. Implements the reader port.

Each row shows the number of the transaction that wrote it, and a physical copy has its source's numbers until the fork.
So with one of just after the fork, every row of the old writer says on which side of it it was written.
"""

import json
from collections.abc import Sequence

import psycopg

from farshore.adapters.postgresql.cells import cell, text
from farshore.adapters.postgresql.failures import MISSING, NOT_ALLOWED
from farshore.adapters.postgresql.session import PgSession, Rows, Statements, name
from farshore.model.divergence import Column, Key, Row, Table
from farshore.model.failure import Refused
from farshore.model.sighting import Position
from farshore.ports.cloud import DatabaseServer

_TABLES = """
SELECT c.oid, CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || c.relname, a.attname,
        coalesce(b.typname, t.typname), CASE WHEN array_position(i.indkey::int2[], a.attnum) < i.indnkeyatts
            THEN array_position(i.indkey::int2[], a.attnum) ELSE -1 END
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type b ON t.typtype = 'd' AND b.oid = t.typbasetype
    LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
    WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'
    AND n.nspname NOT IN ('information_schema', 'farshore') AND c.relname NOT LIKE 'farshore\\_%'
    ORDER BY 2, a.attnum
"""
_MARK = "SELECT xmin FROM farshore.farshore_jump ORDER BY age(xmin) LIMIT 1"
_HISTORY = """
SELECT CASE WHEN pg_is_in_recovery() THEN
    (SELECT timeline_id FROM pg_control_checkpoint()) || '/' || pg_last_wal_replay_lsn()
ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int || '/' || pg_current_wal_lsn() END
"""
# A transaction that was begun before the fork and ended after it has an older number. So long before it, all had ended.
_UNSURE = 10_000
_FIRST_NORMAL = 3


class PostgreSqlReader:
    def __init__(self, server: DatabaseServer, ca_pem: str | None, timeout_s: float) -> None:
        self._server = server
        self._ca_pem = ca_pem
        self._timeout_s = timeout_s
        self._stores: dict[str, PgSession] = {}
        self._table = ""  # whose snapshot is open

    async def tables(self, database: str) -> Sequence[Table]:
        return await self._store(database).run(_tables, writing=False)

    async def rows(
        self, database: str, table: Table, after: Key | None, limit: int, fork_mark: str = ""
    ) -> Sequence[Row]:
        def look(statements: Statements) -> Sequence[Row]:
            wanted = f"{database}.{table.name}"
            if not (statements.in_transaction and self._table == wanted):
                statements.all("ROLLBACK; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                self._table = wanted
            keys = ", ".join(name(part) for part in table.key)
            where = "" if after is None else f"WHERE ({keys}) > ({_literals(statements, after)})"
            query = f"{_select(table)} {where} ORDER BY {keys} LIMIT {int(limit)}"
            found = _permitted(statements, table, query)[-1]
            if len(found) < limit:
                statements.all("COMMIT")
            return [_row(table, values, fork_mark) for values in found]

        return await self._store(database).run(look, writing=False)

    async def rows_of(self, database: str, table: Table, keys: Sequence[Key]) -> Sequence[Row | None]:
        return await self._store(database).run(lambda s: _rows_of(s, table, keys), writing=False)

    async def fork_mark(self, database: str) -> str:
        def look(statements: Statements) -> str:
            try:
                found = statements.raw(_MARK)[-1]
            except psycopg.Error as error:
                if error.sqlstate not in MISSING:
                    raise
                return ""
            return str(found[0][0]) if found else ""

        return await self._store(database).run(look, writing=False)

    async def history(self) -> Position:
        return Position(
            "pg", str((await self._store(self._server.database).run(lambda s: s.rows(_HISTORY), writing=False))[0][0])
        )

    async def transactions_beyond(self, other: Position) -> Sequence[str]:
        return ()  # the log names none; rows do (see above)

    async def close(self) -> None:
        for session in self._stores.values():
            await session.close()

    def _store(self, database: str) -> PgSession:
        if database not in self._stores:
            self._stores[database] = PgSession(
                self._server, database, self._ca_pem, self._timeout_s, _settings(self._timeout_s)
            )
        return self._stores[database]


def _settings(timeout_s: float) -> str:
    """The server gives up before we do, so that what is left of a long statement does not run on."""
    patience_ms = round(timeout_s * 800)
    return (
        "-c default_transaction_read_only=on -c timezone=UTC -c datestyle=ISO,YMD -c intervalstyle=iso_8601 "
        "-c bytea_output=hex -c extra_float_digits=1 "
        f"-c statement_timeout={patience_ms} -c lock_timeout={patience_ms}"
    )


def _permitted(statements: Statements, table: Table, query: str) -> list[Rows]:
    try:
        return statements.raw(query)
    except psycopg.Error as error:
        if error.sqlstate != NOT_ALLOWED:
            raise
        raise Refused(
            f"The admin may not read the table {table.name}: {str(error).splitlines()[0]}.",
            f"As its owner: GRANT SELECT ON {table.name} TO the admin.",
        ) from error


def _tables(statements: Statements) -> Sequence[Table]:
    columns: dict[str, list[Column]] = {}
    keys: dict[str, dict[int, str]] = {}
    for _, table, column, kind, at in statements.raw(_TABLES)[-1]:
        columns.setdefault(table, []).append(Column(column, kind))
        if int(at) >= 0:
            keys.setdefault(table, {})[int(at)] = column
    return [
        Table(table, tuple(part for _, part in sorted(keys.get(table, {}).items())), tuple(of))
        for table, of in sorted(columns.items())
    ]


def _rows_of(statements: Statements, table: Table, keys: Sequence[Key]) -> Sequence[Row | None]:
    """All in one statement; those whose text differs from the one that was asked for (as 1.0 and 1.00 do, which are
    one key) are asked for one by one, in one round trip."""
    if not keys:
        return []
    parts = ", ".join(name(part) for part in table.key)
    wanted = [f"({_literals(statements, key)})" for key in keys]
    select = f"{_select(table)} WHERE ({parts})"
    query = f"{select} IN ({', '.join(wanted)})"
    rows = (_row(table, values) for values in _permitted(statements, table, query)[-1])
    known = {_same(row.key): row for row in rows}
    found = [known.get(_same(key)) for key in keys]
    missing = [at for at, row in enumerate(found) if row is None]
    if missing:
        answers = statements.raw("; ".join(f"{select} = {wanted[at]}" for at in missing))
        for at, answer in zip(missing, answers, strict=True):
            found[at] = _row(table, answer[0]) if answer else None
    return found


def _same(key: Key) -> str:
    return json.dumps(key)


def _literals(statements: Statements, key: Key) -> str:
    return ", ".join(statements.text(text(value)) for value in key)


def _select(table: Table) -> str:
    schema, dot, short = table.name.partition(".")
    place = name(schema, short) if dot else name("public", schema)
    return f"SELECT xmin, {', '.join(name(column.name) for column in table.columns)} FROM {place}"


def _row(table: Table, values: Sequence[str | None], fork_mark: str = "") -> Row:
    cells = {column.name: cell(column, value) for column, value in zip(table.columns, values[1:], strict=True)}
    return Row(tuple(cells[part] for part in table.key), cells, _forked(int(values[0] or 0), fork_mark))


def _forked(written_by: int, fork_mark: str) -> bool | None:
    """Numbers go round at 32 bits; the smallest are of rows that are older than any."""
    if not fork_mark:
        return None
    if written_by < _FIRST_NORMAL:
        return False
    since = (written_by - int(fork_mark) + 2**31) % 2**32 - 2**31
    if since >= 0:
        return True
    return None if since > -_UNSURE else False
