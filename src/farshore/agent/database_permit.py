"""The permit row in the region's own database: epoch, and the database's own clock + D. The trigger on orders reads it.

A statement lives in a thread whose result is waited for with a limit, so that a database that hangs costs the permit
file no more than that.
"""

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from farshore.agent.database_connection import Login, NoRow, connect, read_login, watched
from farshore.model.region import Endpoint

_MYSQL_CLOCK = "SELECT CAST(SYSDATE(6) AS CHAR)"
_MYSQL_WRITE = (
    "UPDATE farshore.farshore_permit SET epoch = %s, expires_at = DATE_ADD(%s, INTERVAL %s MICROSECOND)"
    " WHERE id = 1 AND epoch <= %s"
)
_PG_CLOCK = "SELECT clock_timestamp()::text"
_PG_WRITE = (
    "UPDATE farshore.farshore_permit SET epoch = %s, expires_at = %s::timestamptz + %s * interval '1 microsecond'"
    " WHERE id = 1 AND epoch <= %s"
)


class PermitRow(Protocol):
    """What a renewal needs of the database."""

    async def clock(self, endpoint: Endpoint, limit_s: float) -> str:
        """The database's clock, in its own words. Raises NoRow."""
        ...

    async def write(self, endpoint: Endpoint, clock: str, d_s: float, limit_s: float) -> None:
        """The row ends d_s after `clock`. Landing late is harmless: it says when it ends. Raises NoRow."""
        ...

    def close(self) -> None: ...


class DatabasePermit:
    """One warm connection to the database that the endpoint names."""

    def __init__(self, login_file: Path) -> None:
        self._login_file = login_file
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="permit-row")
        self._busy: asyncio.Future[Any] | None = None
        self._connection: Any = None
        self._connected_to: tuple[Login, str, int] | None = None

    async def clock(self, endpoint: Endpoint, limit_s: float) -> str:
        return str(await self._limited(limit_s, self._clock, endpoint))

    async def write(self, endpoint: Endpoint, clock: str, d_s: float, limit_s: float) -> None:
        await self._limited(limit_s, self._write, endpoint, clock, round(d_s * 1_000_000))

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _limited(self, limit_s: float, work: Any, endpoint: Endpoint, *values: Any) -> Any:
        where = f"The database at {endpoint.host}:{endpoint.port}"
        if self._busy is not None and not self._busy.done():
            raise NoRow(f"{where} has not answered the last question yet.")
        self._busy = asyncio.get_running_loop().run_in_executor(self._thread, work, endpoint, *values)
        self._busy.add_done_callback(lambda done: done.cancelled() or done.exception())
        done, _ = await asyncio.wait({self._busy}, timeout=limit_s)
        if not done:
            raise NoRow(f"{where} does not answer within {limit_s:g} s.")
        return self._busy.result()

    # in the thread

    def _clock(self, endpoint: Endpoint) -> str:
        login = read_login(self._login_file)
        rows = self._run(login, endpoint, _MYSQL_CLOCK if login.engine == "mysql" else _PG_CLOCK, ())
        return str(rows[0][0])

    def _write(self, endpoint: Endpoint, clock: str, d_us: int) -> None:
        login = read_login(self._login_file)
        text = _MYSQL_WRITE if login.engine == "mysql" else _PG_WRITE
        changed = self._run(login, endpoint, text, (int(endpoint.epoch), clock, d_us, int(endpoint.epoch)))
        if changed != 1:
            raise NoRow(
                f"The permit row in the database at {endpoint.host} is missing, or of a larger epoch than "
                f"{endpoint.epoch}; `farshore check` says which."
            )

    def _run(self, login: Login, endpoint: Endpoint, text: str, values: tuple[Any, ...]) -> Any:
        """Rows of a SELECT, or how many an UPDATE found. Once more, on a fresh connection, when a warm one broke."""
        try:
            if self._connection is not None and self._connected_to == (login, endpoint.host, endpoint.port):
                with contextlib.suppress(Exception):
                    return self._once(login, endpoint, text, values)
            return self._once(login, endpoint, text, values)
        except NoRow:
            raise
        except Exception as error:  # each driver has exceptions of its own, and sockets have others
            raise NoRow(f"The database at {endpoint.host}:{endpoint.port} says: {_one_line(error)}.") from error

    def _once(self, login: Login, endpoint: Endpoint, text: str, values: tuple[Any, ...]) -> Any:
        wanted = (login, endpoint.host, endpoint.port)
        if self._connection is None or self._connected_to != wanted:
            self._hang_up()
            self._connection = connect(login, endpoint.host, endpoint.port)
            self._connected_to = wanted
        try:
            with watched(self._connection):
                cursor = self._connection.cursor()
                cursor.execute(text, values)
                return cursor.fetchall() if text.startswith("SELECT") else cursor.rowcount
        except Exception:
            self._hang_up()
            raise

    def _hang_up(self) -> None:
        connection, self._connection, self._connected_to = self._connection, None, None
        if connection is not None:
            with contextlib.suppress(Exception):  # it is gone either way
                connection.close()


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")[:300] or type(error).__name__
