"""The databases of one PostgreSQL server that are under guard: each has an epoch row, and all must be raised together.

No transaction spans two databases. So the default database's row is raised last: who sees an epoch there knows that
every guarded database shows it. A database that comes under guard meanwhile is listed before its row is set, and the
list is read again after the last raise; thus one of the two sees the other.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

import psycopg

from farshore.adapters.postgresql import guard, tables, witness
from farshore.adapters.postgresql.failures import MISSING
from farshore.adapters.postgresql.session import PgSession, Statements
from farshore.model.region import Epoch
from farshore.ports.cloud import DatabaseServer

# A database that was dropped since is no longer anybody's.
_LISTED = """
SELECT g.name FROM farshore.farshore_guarded g JOIN pg_database d ON d.datname = g.name ORDER BY g.name
"""
T = TypeVar("T")
_KNOWN = "SELECT epoch FROM farshore.farshore_epoch WHERE id = 1"


class GuardedDatabases:
    """`main` is the session of the default database; those of the stores are made when they are first needed."""

    def __init__(
        self, server: DatabaseServer, main: PgSession, ca_pem: str | None, timeout_s: float, settings: str = ""
    ) -> None:
        self._server = server
        self._main = main
        self._ca_pem = ca_pem
        self._timeout_s = timeout_s
        self._settings = settings
        self._stores: dict[str, PgSession] = {}

    def store(self, database: str) -> PgSession:
        if database == self._server.database:
            return self._main
        if database not in self._stores:
            self._stores[database] = PgSession(self._server, database, self._ca_pem, self._timeout_s, self._settings)
        return self._stores[database]

    async def epoch(self) -> int | None:
        """The smallest of all: what is proved everywhere. None where there is none."""
        known, listed = await self._main.run(_known_and_listed, writing=False)
        if known is None:
            return None
        for of_store in await self._everywhere(listed, _known, False):
            known = min(known, of_store or 0)
        return known

    async def raise_epoch(self, epoch: Epoch, witnessed: bool = False) -> int:
        """The largest seen anywhere, `epoch` included. `witnessed`: RetryLater when a gate lets us write."""

        def work(statements: Statements) -> int:
            if witnessed:
                return witness.raise_and_try(statements, self._main.where, epoch)
            return tables.raise_epoch(statements, epoch)

        largest, raised = int(epoch), None
        listed = await self._main.run(_listed, writing=False)
        while raised != listed:
            raised = listed
            found = await self._everywhere(raised, work, True)
            main, listed = await self._main.run(lambda statements: _raise_and_list(statements, epoch), writing=True)
            largest = max(largest, main, *found)
        return largest

    async def warm(self, databases: Sequence[str]) -> None:
        """Connections to these and to all that are under guard."""
        listed = await self._main.run(_listed, writing=False)
        await self._everywhere(sorted({*listed, *databases}), lambda statements: statements.rows("SELECT 1"), False)

    async def guard(self, where: str, database: str, guarded_tables: Sequence[str], role: str) -> None:
        await self._main.run(lambda statements: _list(statements, database), writing=True)
        known = await self._main.run(_known, writing=False) or 0
        await self.store(database).run(
            lambda statements: _begin(statements, known, where, database, guarded_tables, role), writing=True
        )

    async def close(self) -> None:
        for session in self._stores.values():
            await session.close()

    async def _everywhere(self, listed: Sequence[str], work: Callable[[Statements], T], writing: bool) -> list[T]:
        return list(await asyncio.gather(*(self.store(one).run(work, writing=writing) for one in listed)))


def _listed(statements: Statements) -> tuple[str, ...]:
    try:
        return tuple(str(row[0]) for row in statements.rows(_LISTED))
    except psycopg.Error as error:
        if error.sqlstate in MISSING:
            return ()
        raise


def _raise_and_list(statements: Statements, epoch: int) -> tuple[int, tuple[str, ...]]:
    """In one round trip, and the list as it is after the raise was committed."""
    raising = f"BEGIN; {tables.RAISE}; COMMIT; {_LISTED}"
    try:
        _, raised, _, listed = statements.all(raising, int(epoch))
    except psycopg.Error as error:
        if error.sqlstate not in MISSING:
            raise
        statements.all("ROLLBACK")
        return tables.raise_epoch(statements, epoch), _listed(statements)
    return int(raised[0][0]), tuple(str(row[0]) for row in listed)


def _known_and_listed(statements: Statements) -> tuple[int | None, tuple[str, ...]]:
    """In one round trip, where both tables are there."""
    try:
        rows, listed = statements.all(f"{_KNOWN}; {_LISTED}")
    except psycopg.Error as error:
        if error.sqlstate not in MISSING:
            raise
        return _known(statements), _listed(statements)
    return (int(rows[0][0]) if rows else None), tuple(str(row[0]) for row in listed)


def _known(statements: Statements) -> int | None:
    try:
        rows = statements.rows(_KNOWN)
    except psycopg.Error as error:
        if error.sqlstate in MISSING:
            return None
        raise
    return int(rows[0][0]) if rows else None


def _list(statements: Statements, database: str) -> None:
    if not statements.rows("SELECT 1 FROM farshore.farshore_guarded WHERE name = %s", database):
        statements.all("INSERT INTO farshore.farshore_guarded (name) VALUES (%s) ON CONFLICT DO NOTHING", database)


def _begin(
    statements: Statements, known: int, where: str, database: str, guarded_tables: Sequence[str], role: str
) -> None:
    if (_known(statements) or -1) < known:
        statements.all(tables.CREATE_GATE)
        tables.raise_epoch(statements, known)
    guard.guard(statements, where, database, guarded_tables, role)
