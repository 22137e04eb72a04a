"""One warm connection and the thread that owns it. Everything of the MySQL adapter goes through `MySqlSession.run`."""

import asyncio
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pymysql
from pymysql.constants import CLIENT, SERVER_STATUS

from farshore.adapters.mysql.failures import LOST, code, failure
from farshore.model.failure import Unreachable
from farshore.ports.cloud import DatabaseServer

T = TypeVar("T")
Rows = Sequence[Sequence[Any]]


class Statements:
    """A connection as the work of one call sees it."""

    def __init__(self, connection: "pymysql.Connection[Any]") -> None:
        self._connection = connection
        self.mariadb = "mariadb" in str(connection.get_server_info()).lower()  # type: ignore[no-untyped-call]

    @property
    def in_transaction(self) -> bool:
        """As the server said with its last answer."""
        status: int = self._connection.server_status  # type: ignore[attr-defined]
        return bool(status & SERVER_STATUS.SERVER_STATUS_IN_TRANS)

    def rows(self, sql: str, *values: object) -> Rows:
        """Of the last statement in `sql`; several statements in one text cost one round trip."""
        return self.all(sql, *values)[-1]

    def all(self, sql: str, *values: object) -> list[Rows]:
        with self._connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            sets = [cursor.fetchall()]
            while cursor.nextset():
                sets.append(cursor.fetchall())
        return sets

    def until_error(self, sql: str) -> tuple[list[Rows], pymysql.MySQLError | None]:
        """What the statements before the one that failed returned, and its error."""
        sets: list[Rows] = []
        with self._connection.cursor() as cursor:
            try:
                cursor.execute(sql)
                sets.append(cursor.fetchall())
                while cursor.nextset():
                    sets.append(cursor.fetchall())
            except pymysql.MySQLError as error:
                return sets, error
        return sets, None

    def changed(self, sql: str, *values: object) -> int:
        with self._connection.cursor() as cursor:
            return int(cursor.execute(sql, values or None))

    def named(self, sql: str) -> dict[str, Any]:
        """The first row as a dict; empty when there is none."""
        with self._connection.cursor(pymysql.cursors.DictCursor) as cursor:
            cursor.execute(sql)
            return dict(cursor.fetchone() or {})

    def text(self, value: str) -> str:
        """A literal, for statements that take no parameters."""
        return str(self._connection.escape(value))


def name(identifier: str) -> str:
    """A quoted identifier."""
    return "`" + identifier.replace("`", "``") + "`"


class MySqlSession:
    """Calls run one after the other. A black hole costs `timeout_s` for connecting, or for waiting on an answer.

    With `prepare`, which is said first on each connection, values come as the text that the server sends.
    """

    def __init__(self, server: DatabaseServer, ca_pem: str | None, timeout_s: float, prepare: str = "") -> None:
        self.where = f"Database {server.name}"
        self._server = server
        self._timeout_s = timeout_s
        self._prepare = prepare
        self._tls = ssl.create_default_context(cadata=ca_pem) if ca_pem else None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"mysql-{server.name}")
        self._connection: pymysql.Connection[Any] | None = None
        self._address = ""

    async def run(self, work: Callable[[Statements], T], *, writing: bool) -> T:
        """`work` must be safe to repeat: it is, once, when a connection that had gone stale broke at once."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, work, writing)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._hang_up)
        self._thread.shutdown(wait=False)

    def _run(self, work: Callable[[Statements], T], writing: bool) -> T:
        warm = self._connection is not None
        began_s = time.monotonic()
        try:
            return self._once(work)
        except pymysql.MySQLError as error:
            stale = warm and code(error) in LOST and time.monotonic() - began_s < self._timeout_s / 2
            first = failure(error, self.where, connected=True, writing=writing)
            if not stale:
                raise first from error
        self._try_again(first if writing else None)
        try:
            return self._once(work)
        except pymysql.MySQLError as error:
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
            return work(Statements(connection))
        except BaseException as error:
            # Half-read answers and open transactions end with the connection; a clean "no" may keep it.
            if not isinstance(error, pymysql.MySQLError) or code(error) in LOST or connection.get_autocommit() is False:
                self._hang_up()
            else:
                self._recover(connection)
            raise

    def _recover(self, connection: "pymysql.Connection[Any]") -> None:
        try:
            connection.rollback()
        except (pymysql.MySQLError, OSError):
            self._hang_up()

    def _connected(self) -> "pymysql.Connection[Any]":
        if self._connection is not None:
            return self._connection
        server = self._server
        connection = pymysql.connect(
            host=server.host,
            port=server.port,
            user=server.user,
            password=server.password,
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=max(1, round(self._timeout_s)),
            read_timeout=self._timeout_s,
            write_timeout=self._timeout_s,
            client_flag=CLIENT.MULTI_STATEMENTS,
            ssl=self._tls,
            defer_connect=True,
        )
        try:
            connection.connect(self._dial())
            if self._prepare:
                Statements(connection).all(self._prepare)
                connection.decoders = {}
        except pymysql.MySQLError as error:
            raise failure(error, self.where, connected=False, writing=False) from error
        except (OSError, ssl.SSLError) as error:
            raise Unreachable(
                f"{self.where} at {server.host}:{server.port} cannot be reached: {error}.",
                "Is it up, and are we a trusted source of it?",
            ) from error
        self._connection = connection
        return connection

    def _dial(self) -> socket.socket:
        """By the newest address; when names fail, by the last one that worked: an outage often takes DNS along."""
        try:
            found = socket.getaddrinfo(self._server.host, self._server.port, type=socket.SOCK_STREAM)
            address = str(found[0][4][0])
        except OSError:
            if not self._address:
                raise
            address = self._address
        dialled = socket.create_connection((address, self._server.port), timeout=self._timeout_s)
        dialled.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        dialled.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._address = address
        return dialled

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection._force_close()  # type: ignore[attr-defined]
            except OSError:
                pass
