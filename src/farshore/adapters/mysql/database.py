"""One MySQL or MariaDB server, as a managed admin may ask it. Implements the database port."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import pymysql

from farshore.adapters.mysql import fence, guard, ids, tables
from farshore.adapters.mysql.failures import MISSING, NOT_ALLOWED, READ_ONLY, code
from farshore.adapters.mysql.reader import MySqlReader
from farshore.adapters.mysql.session import MySqlSession, Statements
from farshore.model.failure import Refused, RetryLater
from farshore.model.region import Epoch
from farshore.model.sighting import Marker, Position
from farshore.ports.cloud import DatabaseServer

# One statement and one round trip. The condition keeps an admin who may write on a replica from doing so.
_TOUCH = "UPDATE farshore.farshore_epoch SET touched = touched + 1 WHERE id = 1 AND @@global.read_only = 0"
READ_S = 10.0  # a chunk of a store's rows may take longer than a look at a row of our own

T = TypeVar("T")


class MySqlDatabase:
    """`ca_pem` None means no TLS, for servers on this machine."""

    def __init__(self, server: DatabaseServer, ca_pem: str | None, timeout_s: float = 1.2) -> None:
        self._timeout_s = timeout_s
        self._open = server, ca_pem
        self._session = MySqlSession(server, ca_pem, timeout_s)
        self._ids = MySqlSession(server, ca_pem, timeout_s)  # so that ids move while the epoch row is raised
        self._where = self._session.where

    async def prepare(self) -> None:
        await self._session.run(tables.create, writing=True)

    async def writable(self) -> bool:
        def try_it(statements: Statements) -> bool:
            try:
                if statements.changed(_TOUCH):
                    return True
                if statements.rows("SELECT @@global.read_only")[0][0]:
                    return False
                tables.create(statements)
                return statements.changed(_TOUCH) > 0
            except pymysql.MySQLError as error:
                if code(error) in READ_ONLY:
                    return False
                if code(error) not in MISSING or statements.rows("SELECT @@global.read_only")[0][0]:
                    raise
                tables.create(statements)
                return statements.changed(_TOUCH) > 0

        return await self._session.run(try_it, writing=True)

    async def is_replica(self) -> bool:
        def look(statements: Statements) -> bool:
            status = _replica_status(statements)
            if status is None:  # not allowed to look: a managed replica is read-only, a primary is not
                return bool(statements.rows("SELECT @@global.read_only")[0][0])
            return bool(status)

        return await self._session.run(look, writing=False)

    async def position(self) -> Position:
        def look(statements: Statements) -> Position:
            if statements.mariadb:
                return Position("mariadb", str(statements.rows("SELECT @@global.gtid_current_pos")[0][0]))
            return Position("mysql", str(statements.rows("SELECT @@global.gtid_executed")[0][0]).replace("\n", ""))

        return await self._session.run(look, writing=False)

    async def write_marker(self, marker: Marker) -> None:
        values = (int(marker.epoch), marker.sequence, int(marker.epoch), marker.sequence)
        await self._session.run(
            lambda statements: statements.changed(
                "INSERT INTO farshore.farshore_marker (id, epoch, sequence) VALUES (1, %s, %s) "
                "ON DUPLICATE KEY UPDATE epoch = %s, sequence = %s",
                *values,
            ),
            writing=True,
        )

    async def read_marker(self) -> Marker | None:
        query = "SELECT epoch, sequence FROM farshore.farshore_marker WHERE id = 1"
        rows = await self._or_missing(lambda statements: statements.rows(query))
        return Marker(Epoch(rows[0][0]), rows[0][1]) if rows else None

    async def epoch(self) -> Epoch | None:
        query = "SELECT epoch FROM farshore.farshore_epoch WHERE id = 1 AND epoch > 0"
        rows = await self._or_missing(lambda statements: statements.rows(query))
        return Epoch(rows[0][0]) if rows else None

    async def raise_epoch(self, epoch: Epoch) -> Epoch:
        return Epoch(await self._session.run(lambda statements: tables.raise_epoch(statements, epoch), writing=True))

    async def fence(self, epoch: Epoch, app_user: str) -> None:
        await self._session.run(lambda statements: fence.fence(statements, self._where, epoch, app_user), writing=True)

    async def fence_orders(self, epoch: Epoch, app_user: str) -> None:
        def work(statements: Statements) -> None:
            fence.fence_orders(statements, self._where, epoch, app_user)

        await self._session.run(work, writing=True)

    async def unfence(self, app_user: str) -> None:
        await self._session.run(lambda statements: fence.unfence(statements, self._where, app_user), writing=True)

    async def guard(self, database: str, tables: Sequence[str], app_user: str) -> None:
        await self._session.run(
            lambda statements: guard.guard(statements, self._where, database, tables, app_user), writing=True
        )

    async def guarded(self, database: str, tables: Sequence[str]) -> bool:
        return await self._session.run(lambda statements: guard.guarded(statements, database, tables), writing=False)

    async def before_promotion(self) -> None:
        """Waits, at most for the adapter's timeout, until everything received is applied: a promotion that stops both
        threads earlier throws received orders away."""
        await self._session.run(lambda s: _drain(s, self._where, self._timeout_s), writing=False)

    async def warm(self, databases: Sequence[str]) -> None:
        await self._ids.run(lambda statements: statements.rows("SELECT 1"), writing=False)

    async def jump_ids(self, database: str, counters: Sequence[str], gap: int, token: str, past: int = 0) -> int:
        return await self._ids.run(
            lambda statements: ids.jump(statements, self._where, database, counters, gap, token, past), writing=True
        )

    def reader(self) -> MySqlReader:
        return MySqlReader(*self._open, timeout_s=READ_S)

    async def close(self) -> None:
        await self._ids.close()
        await self._session.close()

    async def _or_missing(self, work: Callable[[Statements], Sequence[T]]) -> Sequence[T]:
        """No rows where the table is not there yet."""

        def look(statements: Statements) -> Sequence[T]:
            try:
                return work(statements)
            except pymysql.MySQLError as error:
                if code(error) in MISSING:
                    return ()
                raise

        return await self._session.run(look, writing=False)


def _drain(statements: Statements, where: str, timeout_s: float) -> None:
    status = _replica_status(statements)
    if not status:
        return
    received = str(status.get("Gtid_IO_Pos" if statements.mariadb else "Retrieved_Gtid_Set") or "")
    problem = str(status.get("Last_SQL_Error") or "")
    running = status.get("Slave_SQL_Running" if statements.mariadb else "Replica_SQL_Running")
    if running == "No" and problem:
        raise Refused(f"{where} does not apply what it received: {problem}", "Rebuild this replica.")
    if not received or running == "No":
        return
    function = "MASTER_GTID_WAIT" if statements.mariadb else "WAIT_FOR_EXECUTED_GTID_SET"
    waited = statements.rows(f"SELECT {function}(%s, %s)", received.replace("\n", ""), timeout_s * 0.7)
    if waited[0][0] != 0:
        raise RetryLater(f"{where} has not yet applied all that it received.", after_s=0.0)


def _replica_status(statements: Statements) -> dict[str, object] | None:
    """Empty when it follows nobody, None when we may not look."""
    try:
        return statements.named("SHOW SLAVE STATUS" if statements.mariadb else "SHOW REPLICA STATUS")
    except pymysql.MySQLError as error:
        if code(error) in NOT_ALLOWED:
            return None
        raise
