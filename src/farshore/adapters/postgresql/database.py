"""One PostgreSQL server, as a managed admin may ask it. Implements the database port."""

from collections.abc import Sequence

import psycopg

from farshore.adapters.postgresql import fence, guard, ids, tables
from farshore.adapters.postgresql.failures import MISSING, NOT_ALLOWED, READ_ONLY
from farshore.adapters.postgresql.guarded import GuardedDatabases
from farshore.adapters.postgresql.reader import PostgreSqlReader
from farshore.adapters.postgresql.session import PgSession, Rows, Statements
from farshore.model.region import Epoch
from farshore.model.sighting import Marker, Position
from farshore.ports.cloud import DatabaseServer

_TOUCH = "UPDATE farshore.farshore_epoch SET touched = touched + 1 WHERE id = 1"
_RETRY_MS = 200  # measured: 5 s of it are slept out when a promotion arrives in the instant the stream dies

READ_S = 10.0  # a chunk of a store's rows may take longer than a look at a row of our own


class PostgreSqlDatabase:
    """`ca_pem` None means no TLS, for servers on this machine. `settings` hold from each connection's beginning."""

    def __init__(self, server: DatabaseServer, ca_pem: str | None, timeout_s: float = 1.2, settings: str = "") -> None:
        self._open = server, ca_pem
        self._session = PgSession(server, server.database, ca_pem, timeout_s, settings)
        self._guarded = GuardedDatabases(server, self._session, ca_pem, timeout_s, settings)
        self._where = self._session.where

    async def prepare(self) -> None:
        await self._session.run(tables.create, writing=True)

    async def writable(self) -> bool:
        return await self._session.run(_writable, writing=True)

    async def is_replica(self) -> bool:
        return bool(await self._session.run(_in_recovery, writing=False))

    async def position(self) -> Position:
        query = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END::text"
        rows = await self._session.run(lambda statements: statements.rows(query), writing=False)
        return Position("pg", str(rows[0][0]))

    async def write_marker(self, marker: Marker) -> None:
        await self._session.run(
            lambda statements: statements.changed(
                "INSERT INTO farshore.farshore_marker (id, epoch, sequence) VALUES (1, %s, %s) "
                "ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch, sequence = excluded.sequence",
                int(marker.epoch),
                marker.sequence,
            ),
            writing=True,
        )

    async def read_marker(self) -> Marker | None:
        rows = await self._or_missing("SELECT epoch, sequence FROM farshore.farshore_marker WHERE id = 1")
        return Marker(Epoch(rows[0][0]), rows[0][1]) if rows else None

    async def epoch(self) -> Epoch | None:
        known = await self._guarded.epoch()
        return Epoch(known) if known else None

    async def raise_epoch(self, epoch: Epoch) -> Epoch:
        return Epoch(await self._guarded.raise_epoch(epoch))

    async def fence(self, epoch: Epoch, app_user: str) -> None:
        await self._session.run(lambda statements: fence.block(statements, self._where, epoch, app_user), writing=True)
        fence.refuse_stale(self._where, epoch, await self._guarded.raise_epoch(epoch, witnessed=True))

    async def fence_orders(self, epoch: Epoch, app_user: str) -> None:
        await self._session.run(
            lambda statements: fence.end_once(statements, self._where, epoch, app_user), writing=True
        )
        fence.refuse_stale(self._where, epoch, await self._guarded.raise_epoch(epoch, witnessed=True))

    async def unfence(self, app_user: str) -> None:
        await self._session.run(lambda statements: fence.unfence(statements, self._where, app_user), writing=True)

    async def guard(self, database: str, tables: Sequence[str], app_user: str) -> None:
        await self._guarded.guard(self._where, database, tables, app_user)

    async def guarded(self, database: str, tables: Sequence[str]) -> bool:
        return await self._guarded.store(database).run(
            lambda statements: guard.guarded(statements, self._where, database, tables), writing=False
        )

    async def before_promotion(self) -> None:
        """Promotion applies all that was received by itself; only the sleep between two attempts to connect matters.

        A managed admin may usually not change it; then there is nothing to be done, and nothing is wrong.
        """
        await self._session.run(_shorten_retry, writing=False)

    async def warm(self, databases: Sequence[str]) -> None:
        await self._guarded.warm(databases)

    async def jump_ids(self, database: str, counters: Sequence[str], gap: int, token: str, past: int = 0) -> int:
        return await self._guarded.store(database).run(
            lambda statements: ids.jump(statements, self._where, counters, gap, token, past), writing=True
        )

    def reader(self) -> PostgreSqlReader:
        return PostgreSqlReader(*self._open, timeout_s=READ_S)

    async def close(self) -> None:
        await self._guarded.close()
        await self._session.close()

    async def _or_missing(self, query: str) -> Rows:
        """No rows where the table is not there yet."""

        def look(statements: Statements) -> Rows:
            try:
                return statements.rows(query)
            except psycopg.Error as error:
                if error.sqlstate in MISSING:
                    return ()
                raise

        return await self._session.run(look, writing=False)


def _in_recovery(statements: Statements) -> bool:
    return bool(statements.rows("SELECT pg_is_in_recovery()")[0][0])


def _writable(statements: Statements) -> bool:
    try:
        if statements.changed(_TOUCH):
            return True
    except psycopg.Error as error:
        if error.sqlstate == READ_ONLY:
            return False
        if error.sqlstate not in MISSING:
            raise
    if _in_recovery(statements):
        return False
    tables.create(statements)
    return statements.changed(_TOUCH) > 0


def _shorten_retry(statements: Statements) -> None:
    (now_ms,) = statements.rows("SELECT setting::int FROM pg_settings WHERE name = 'wal_retrieve_retry_interval'")[0]
    if now_ms <= _RETRY_MS or not _in_recovery(statements):
        return
    try:
        statements.all("ALTER SYSTEM SET wal_retrieve_retry_interval = '100ms'")
        statements.all("SELECT pg_reload_conf()")
    except psycopg.Error as error:
        if error.sqlstate != NOT_ALLOWED:
            raise
