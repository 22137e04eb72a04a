"""One PostgreSQL server, as a managed admin may ask it. Implements the database port."""

from collections.abc import Sequence

import psycopg

from farshore.adapters.postgresql import fence, ids, tables
from farshore.adapters.postgresql.failures import MISSING, NOT_ALLOWED, READ_ONLY
from farshore.adapters.postgresql.session import PgSession, Rows, Statements
from farshore.model.region import Epoch
from farshore.model.sighting import Marker, Position
from farshore.ports.cloud import DatabaseServer

_TOUCH = "UPDATE farshore.farshore_epoch SET touched = touched + 1 WHERE id = 1"
_RETRY_MS = 200  # measured: 5 s of it are slept out when a promotion arrives in the instant the stream dies


class PostgreSqlDatabase:
    """`ca_pem` None means no TLS, for servers on this machine."""

    def __init__(self, server: DatabaseServer, ca_pem: str | None, timeout_s: float = 1.2) -> None:
        self._server = server
        self._ca_pem = ca_pem
        self._timeout_s = timeout_s
        self._session = PgSession(server, server.database, ca_pem, timeout_s)
        self._stores: dict[str, PgSession] = {}
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
        rows = await self._or_missing("SELECT epoch FROM farshore.farshore_epoch WHERE id = 1 AND epoch > 0")
        return Epoch(rows[0][0]) if rows else None

    async def raise_epoch(self, epoch: Epoch) -> Epoch:
        return Epoch(await self._session.run(lambda statements: tables.raise_epoch(statements, epoch), writing=True))

    async def fence(self, epoch: Epoch, app_user: str) -> None:
        await self._session.run(lambda statements: fence.fence(statements, self._where, epoch, app_user), writing=True)

    async def unfence(self, app_user: str) -> None:
        await self._session.run(lambda statements: fence.unfence(statements, self._where, app_user), writing=True)

    async def before_promotion(self) -> None:
        """Promotion applies all that was received by itself; only the sleep between two attempts to connect matters.

        A managed admin may usually not change it; then there is nothing to be done, and nothing is wrong.
        """
        await self._session.run(_shorten_retry, writing=False)

    async def jump_ids(self, database: str, counters: Sequence[str], gap: int, token: str) -> int:
        session = self._stores.get(database)
        if session is None:
            session = PgSession(self._server, database, self._ca_pem, self._timeout_s)
            self._stores[database] = session
        return await session.run(
            lambda statements: ids.jump(statements, self._where, counters, gap, token), writing=True
        )

    async def close(self) -> None:
        for session in (self._session, *self._stores.values()):
            await session.close()

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
