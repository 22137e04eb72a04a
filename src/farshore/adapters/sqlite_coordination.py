"""The store of record in one SQLite file, for one controller machine. Implements the coordination port.

Durable before it answers (WAL with synchronous=FULL). Leases expire by CLOCK_BOOTTIME, and by the boot id: a lease
of an earlier boot has no living holder. All work is done by one thread, in the order in which it was asked for.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from farshore.model.failure import Failure, Refused, RetryLater, Unknown
from farshore.ports.coordination import Lease, Line, Record

_BUSY_MS = 500
_SCHEMA = """
CREATE TABLE IF NOT EXISTS leader (
    id INTEGER PRIMARY KEY CHECK (id = 1), holder TEXT NOT NULL, term INTEGER NOT NULL,
    boot TEXT NOT NULL, renewed_s REAL NOT NULL, ttl_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS record (key TEXT PRIMARY KEY, value TEXT NOT NULL, revision INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS journal (
    number INTEGER PRIMARY KEY, term INTEGER NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL);
INSERT OR IGNORE INTO leader VALUES (1, '', 0, '', 0, 0);
"""

T = TypeVar("T")


def _boot_clock_s() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


class SqliteCoordination:
    """Opened at the first call. `now_s` and `boot` are arguments so that a test can expire a lease and reboot."""

    def __init__(
        self, path: Path, now_s: Callable[[], float] = _boot_clock_s, boot: Callable[[], str] = _boot_id
    ) -> None:
        self._path = path
        self._now_s = now_s
        self._boot = boot
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="coordination")
        self._connection: sqlite3.Connection | None = None

    async def lead(self, holder: str, ttl_s: float) -> Lease | None:
        return await self._write(lambda connection: self._lead(connection, holder, ttl_s))

    async def resign(self, lease: Lease) -> None:
        await self._write(
            lambda connection: connection.execute(
                "UPDATE leader SET holder = '' WHERE term = ? AND holder = ?", (lease.term, lease.holder)
            )
        )

    async def read(self, key: str) -> Record:
        return await self._read(lambda connection: self._record(connection, key))

    async def swap(self, lease: Lease | None, record: Record, value: str) -> Record:
        def write(connection: sqlite3.Connection) -> Record:
            self._check(connection, lease)
            current = self._record(connection, record.key)
            if current.revision != record.revision:
                raise Refused(
                    f"Record {record.key} is at revision {current.revision}, not {record.revision}.",
                    "Read it again and decide anew.",
                )
            written = Record(record.key, value, current.revision + 1)
            connection.execute(
                "INSERT OR REPLACE INTO record VALUES (?, ?, ?)", (written.key, written.value, written.revision)
            )
            return written

        return await self._write(write)

    async def append(self, lease: Lease | None, body: str) -> Line:
        def write(connection: sqlite3.Connection) -> Line:
            term = self._check(connection, lease)
            (number,) = connection.execute("SELECT coalesce(max(number), 0) + 1 FROM journal").fetchone()
            at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            line = Line(number, lease.term if lease else term, at, body)
            connection.execute("INSERT INTO journal VALUES (?, ?, ?, ?)", (line.number, line.term, line.at, line.body))
            return line

        return await self._write(write)

    async def journal(self, after: int = 0) -> Sequence[Line]:
        query = "SELECT number, term, at, body FROM journal WHERE number > ? ORDER BY number"
        return await self._read(lambda connection: tuple(Line(*row) for row in connection.execute(query, (after,))))

    async def close(self) -> None:
        def close() -> None:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

        await asyncio.get_running_loop().run_in_executor(self._thread, close)
        self._thread.shutdown(wait=False)

    # rules

    def _lead(self, connection: sqlite3.Connection, holder: str, ttl_s: float) -> Lease | None:
        known, term, boot, renewed_s, known_ttl_s = connection.execute(
            "SELECT holder, term, boot, renewed_s, ttl_s FROM leader"
        ).fetchone()
        now_s, this_boot = self._now_s(), self._boot()
        alive = bool(known) and boot == this_boot and now_s < renewed_s + known_ttl_s
        if alive and known != holder:
            return None
        if known != holder or boot != this_boot:
            term += 1
        connection.execute(
            "UPDATE leader SET holder = ?, term = ?, boot = ?, renewed_s = ?, ttl_s = ?",
            (holder, term, this_boot, now_s, ttl_s),
        )
        return Lease(holder, term, ttl_s)

    @staticmethod
    def _check(connection: sqlite3.Connection, lease: Lease | None) -> int:
        holder, term = connection.execute("SELECT holder, term FROM leader").fetchone()
        if lease is not None and (lease.holder, lease.term) != (holder, term):
            raise Refused(
                f"Term {lease.term} of {lease.holder} is over; the current term is {term}.",
                "Stop acting; another controller leads.",
            )
        return int(term)

    @staticmethod
    def _record(connection: sqlite3.Connection, key: str) -> Record:
        row = connection.execute("SELECT value, revision FROM record WHERE key = ?", (key,)).fetchone()
        return Record(key, *row) if row else Record(key, "", 0)

    # transactions

    async def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await self._run(lambda: work(self._open()))

    async def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def transaction() -> T:
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(connection)
                self._commit(connection)
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            return result

        return await self._run(transaction)

    def _commit(self, connection: sqlite3.Connection) -> None:
        try:
            connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            # A full disk or a busy file leaves the transaction uncommitted; after a failed fsync nobody knows.
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY):
                raise
            raise Unknown(
                f"The state file {self._path} may or may not hold the last record: {error}.",
                "Check the disk of this machine.",
            ) from error

    async def _run(self, work: Callable[[], T]) -> T:
        def guarded() -> T:
            try:
                return work()
            except sqlite3.Error as error:
                raise self._failure(error) from error

        return await asyncio.get_running_loop().run_in_executor(self._thread, guarded)

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._path.touch(mode=0o600)
            except OSError as error:
                raise Refused(
                    f"The state file {self._path} cannot be opened: {error.strerror}.",
                    "Set another state path, or mend its directory.",
                ) from error
            connection = sqlite3.connect(
                self._path, timeout=_BUSY_MS / 1000, isolation_level=None, check_same_thread=False
            )
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
            except sqlite3.Error:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _failure(self, error: sqlite3.Error) -> Failure:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            return RetryLater(
                f"The disk of the state file {self._path} is full; nothing was written.", "Free some space.", 1.0
            )
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return RetryLater(f"The state file {self._path} is busy; nothing was written.")
        if code == sqlite3.SQLITE_IOERR:
            return RetryLater(
                f"The state file {self._path} cannot be read or written: {error}.", "Check the disk.", 1.0
            )
        return Refused(f"The state file {self._path} is unusable: {error}.", "Move it away, or set another state path.")
