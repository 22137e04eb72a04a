"""One warm connection to one database of a server, and the thread that owns it.

libpq's timeouts see a dead network but not a frozen server, which still acknowledges packets. So each statement has a
watchdog besides, which shuts the socket down.
"""

import asyncio
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import psycopg
from psycopg import sql

from farshore.adapters.postgresql.failures import failure, lost
from farshore.ports.cloud import DatabaseServer

T = TypeVar("T")
Rows = Sequence[Sequence[Any]]


def name(*parts: str) -> str:
    """A quoted identifier."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


class Statements:
    """A connection as the work of one call sees it. Parameters are quoted on our side, so several statements may
    share one text and one round trip."""

    def __init__(self, connection: "psycopg.Connection[Any]", timeout_s: float) -> None:
        self._connection = connection
        self._timeout_s = timeout_s

    def all(self, text: str, *values: object) -> list[Rows]:
        """What each statement returned; nothing for those that return no rows."""
        with self._watched(), psycopg.ClientCursor(self._connection) as cursor:
            cursor.execute(text.encode(), values or None)
            sets: list[Rows] = []
            while True:
                sets.append(cursor.fetchall() if cursor.description else ())
                if not cursor.nextset():
                    return sets

    def rows(self, text: str, *values: object) -> Rows:
        """Of the last statement in `text`."""
        return self.all(text, *values)[-1]

    def changed(self, text: str, *values: object) -> int:
        with self._watched(), psycopg.ClientCursor(self._connection) as cursor:
            return cursor.execute(text.encode(), values or None).rowcount

    def raw(self, text: str) -> list[Rows]:
        """As `all`, and each value as the text that the server sends."""
        with self._watched(), psycopg.ClientCursor(self._connection) as cursor:
            cursor.execute(text.encode())
            sets: list[Rows] = []
            while True:
                found = cursor.pgresult
                sets.append(_texts(found) if found is not None and cursor.description else ())
                if not cursor.nextset():
                    return sets

    @property
    def in_transaction(self) -> bool:
        return self._connection.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS

    def text(self, value: str) -> str:
        """A literal."""
        return sql.Literal(value).as_string(self._connection)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        watchdog = threading.Timer(self._timeout_s, _shut, (self._connection.fileno(),))
        watchdog.daemon = True
        watchdog.start()
        try:
            yield
        finally:
            watchdog.cancel()


def _texts(found: "psycopg.pq.abc.PGresult") -> Rows:
    """What is not UTF-8 (a database of encoding SQL_ASCII takes anything) stays readable and distinct."""
    return [
        [
            None if (value := found.get_value(row, column)) is None else value.decode(errors="backslashreplace")
            for column in range(found.nfields)
        ]
        for row in range(found.ntuples)
    ]


def _shut(descriptor: int) -> None:
    """Wakes the thread that waits on this socket, with an end of file."""
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as alias:
        alias.shutdown(socket.SHUT_RDWR)


class PgSession:
    """`ca_pem` None means no TLS, for servers on this machine. `settings` hold from each connection's beginning."""

    def __init__(
        self, server: DatabaseServer, database: str, ca_pem: str | None, timeout_s: float, settings: str = ""
    ) -> None:
        self.where = f"Database {server.name}"
        self._settings = settings
        self._server = server
        self._database = database
        self._timeout_s = timeout_s
        self._ca_file = None if ca_pem is None else _file(ca_pem)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"pg-{server.name}")
        self._connection: psycopg.Connection[Any] | None = None
        self._address = ""

    async def run(self, work: Callable[[Statements], T], *, writing: bool) -> T:
        """`work` must be safe to repeat: it is, once, when a connection that had gone stale broke at once."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, work, writing)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._hang_up)
        self._thread.shutdown(wait=False)
        if self._ca_file is not None:
            self._ca_file.close()

    def _run(self, work: Callable[[Statements], T], writing: bool) -> T:
        warm = self._connection is not None
        began_s = time.monotonic()
        try:
            return self._once(work)
        except psycopg.Error as error:
            stale = warm and lost(error) and time.monotonic() - began_s < self._timeout_s / 2
            first = failure(error, self.where, connected=True, writing=writing)
            if not stale:
                raise first from error
        self._try_again(first if writing else None)
        try:
            return self._once(work)
        except psycopg.Error as error:
            raise failure(error, self.where, connected=True, writing=writing) from error

    def _try_again(self, sent: Exception | None) -> None:
        """When nobody answers any more, what became of a write that was sent is unknown, and not "not done"."""
        try:
            self._connected()
        except Exception as error:
            raise sent or error from error

    def _once(self, work: Callable[[Statements], T]) -> T:
        connection = self._connected()
        try:
            return work(Statements(connection, self._timeout_s))
        except BaseException as error:
            if not isinstance(error, psycopg.Error) or lost(error) or connection.closed:
                self._hang_up()
            else:
                self._recover(connection)
            raise

    def _recover(self, connection: "psycopg.Connection[Any]") -> None:
        """A text with a BEGIN of its own leaves a broken transaction behind when it fails."""
        if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            try:
                Statements(connection, self._timeout_s).all("ROLLBACK")
            except psycopg.Error:
                self._hang_up()

    def _connected(self) -> "psycopg.Connection[Any]":
        if self._connection is None or self._connection.closed:
            try:
                self._connection = self._connect()
            except psycopg.Error as error:
                raise failure(error, self.where, connected=False, writing=False) from error
        return self._connection

    def _connect(self) -> "psycopg.Connection[Any]":
        server, milliseconds = self._server, round(self._timeout_s * 1000)
        security = (
            {"sslmode": "disable"}
            if self._ca_file is None
            else {"sslmode": "verify-full", "sslrootcert": self._ca_file.name}
        )
        return psycopg.connect(
            host=server.host,
            hostaddr=self._resolve(),
            port=server.port,
            user=server.user,
            password=server.password,
            dbname=self._database,
            autocommit=True,
            prepare_threshold=None,
            application_name="farshore",
            connect_timeout=max(2, round(self._timeout_s)),  # libpq takes no less than 2
            tcp_user_timeout=milliseconds,
            keepalives=1,
            keepalives_idle=1,
            keepalives_interval=1,
            keepalives_count=3,
            options=f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds} {self._settings}",
            **security,
        )

    def _resolve(self) -> str:
        """The newest address; when names fail, the last one that was found: an outage often takes DNS along."""
        try:
            found = socket.getaddrinfo(self._server.host, self._server.port, type=socket.SOCK_STREAM)
            self._address = str(found[0][4][0])
        except OSError as error:
            if not self._address:
                raise psycopg.OperationalError(f"the name {self._server.host} is unknown: {error}") from error
        return self._address

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error, OSError):
                connection.close()


def _file(pem: str) -> Any:
    """libpq reads authorities from files only; this one goes when the session does."""
    file = tempfile.NamedTemporaryFile("w", prefix="farshore-ca-", suffix=".pem")  # noqa: SIM115
    file.write(pem)
    file.flush()
    return file
