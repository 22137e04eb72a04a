"""A writer, its replica and a shop, on the fake or on real servers: what the database suite does besides the port."""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pymysql
from throwaway import Server, start_mariadb, start_postgresql

from farshore.adapters.mysql.database import MySqlDatabase
from farshore.adapters.postgresql.database import PostgreSqlDatabase
from farshore.model.region import RegionName
from farshore.ports.cloud import DatabaseServer
from farshore.ports.database import Database
from farshore.sim.fake_clock import FakeClock
from farshore.sim.fake_database import FakeSession, fake_pair

PATIENCE_S = 20.0


class Shop(Protocol):
    """One session of the application, with one order in an open transaction."""

    def begin(self) -> None: ...
    def commit(self) -> None: ...


class Pair(Protocol):
    writer: Database
    replica: Database

    def shop(self) -> Shop: ...
    def orders(self) -> int: ...
    def block_only(self) -> None: ...
    def catch_up(self) -> None: ...
    def promote(self) -> None: ...
    def renew(self, epoch: int, seconds: float, promoted: bool = False) -> None: ...
    def order(self, number: int, promoted: bool = False) -> None: ...
    def patient(self) -> Database: ...
    def next_ids(self) -> tuple[int, ...]: ...
    def kill_writer(self) -> None: ...
    def stop(self) -> None: ...


class _FakeShop:
    def __init__(self, session: FakeSession) -> None:
        self._session = session

    def begin(self) -> None:
        return None

    def commit(self) -> None:
        self._session.commit("orders", 1)


class FakePair:
    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.writer, self.replica = fake_pair(self.clock)

    def shop(self) -> Shop:
        return _FakeShop(self.writer.connect("shop"))

    def orders(self) -> int:
        return int(self.writer.state.get("orders", 0))  # type: ignore[arg-type]

    def block_only(self) -> None:
        self.writer.write("blocked:shop", True)

    def catch_up(self) -> None:
        self.clock.skip(1.0)

    def promote(self) -> None:
        self.replica.promote_in(0.0)

    def next_ids(self) -> tuple[int, ...]:
        return tuple(self.writer.counter("shop", counter) for counter in ("auto_increment", "counters.value"))

    def renew(self, epoch: int, seconds: float, promoted: bool = False) -> None:
        (self.replica if promoted else self.writer).renew_permit(epoch, self.clock.now_s() + seconds)

    def order(self, number: int, promoted: bool = False) -> None:
        (self.replica if promoted else self.writer).connect("shop").commit("orders", number)

    def patient(self) -> Database:
        return self.writer

    def kill_writer(self) -> None:
        self.writer.reachable = False

    def stop(self) -> None:
        return None


def description(engine: str, port: int, user: str = "doadmin", database: str = "defaultdb") -> DatabaseServer:
    return DatabaseServer(
        id=f"id-{port}",
        name=f"{engine}-{port}",
        engine=engine,
        region=RegionName("nyc3"),
        status="online",
        host="127.0.0.1",
        private_host="127.0.0.1",
        port=port,
        user=user,
        password="secret",
        database=database,
        replica_of=None,
    )


class _SqlShop:
    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._connection.cursor().execute("SELECT 1")

    def begin(self) -> None:
        self._connection.cursor().execute("INSERT INTO orders (note) VALUES ('half')")

    def commit(self) -> None:
        self._connection.commit()


class _SqlPair:
    """What both engines share."""

    _servers: list[Server]
    _connect: Callable[[Server, str, str, bool], Any]
    _later: str  # than the database's own clock
    admin = "doadmin"  # as whom the adapter comes
    database = "defaultdb"  # and where PostgreSQL's begins

    def renew(self, epoch: int, seconds: float, promoted: bool = False) -> None:
        """As an app server's agent does it: as the shop's user, beside the store's tables."""
        cursor = self._connect(self._servers[promoted], "shop", "shop", True).cursor()
        cursor.execute(f"UPDATE farshore.farshore_permit SET epoch = {epoch}, expires_at = {self._later % seconds}")
        assert cursor.rowcount == 1

    def order(self, number: int, promoted: bool = False) -> None:
        cursor = self._connect(self._servers[promoted], "shop", "shop", True).cursor()
        cursor.execute(f"INSERT INTO orders (id, note) VALUES ({number}, 'whole')")

    def shop(self) -> Shop:
        return _SqlShop(self._connect(self._servers[0], "shop", "shop", False))

    def orders(self) -> int:
        return int(self._one(self._servers[0], "SELECT count(*) FROM orders"))

    def next_ids(self) -> tuple[int, ...]:
        connection = self._connect(self._servers[0], "platform", "shop", True)
        cursor = connection.cursor()
        cursor.execute("INSERT INTO items (note) VALUES ('x')")
        cursor.execute("SELECT (SELECT max(id) FROM items), (SELECT value FROM counters)")
        return tuple(int(value) for value in cursor.fetchone())

    def kill_writer(self) -> None:
        self._servers[0].stop()

    def stop(self) -> None:
        for server in self._servers:
            server.stop()

    def _one(self, server: Server, query: str) -> Any:
        cursor = self._connect(server, "platform", "shop", True).cursor()
        cursor.execute(query)
        return cursor.fetchone()[0]

    def _until_same(self, position: Callable[[Server], str]) -> None:
        """The deadline is only for a test that has failed already."""
        until_s = time.monotonic() + PATIENCE_S
        while position(self._servers[0]) != position(self._servers[1]):
            assert time.monotonic() < until_s, "the replica does not follow"
            time.sleep(0.01)


class MariaDbPair(_SqlPair):
    _later = "SYSDATE(6) + INTERVAL %s SECOND"

    def __init__(self, folder: Path) -> None:
        self._servers = []
        with contextlib.ExitStack() as undo:
            undo.callback(self.stop)
            self._servers += [start_mariadb(folder, 1), start_mariadb(folder, 2, read_only=True)]
            self._set_up()
            undo.pop_all()
        first, second = self._servers
        self.writer = MySqlDatabase(description("mysql", first.port), None)
        self.replica = MySqlDatabase(description("mysql", second.port), None)

    def patient(self) -> Database:
        return MySqlDatabase(description("mysql", self._servers[0].port), None, timeout_s=PATIENCE_S)

    def trust(self, creators: bool) -> None:
        """Whether an admin without SUPER may create triggers."""
        for server in self._servers:
            cursor = self._connect(server, "platform", "shop", True).cursor()
            cursor.execute(f"SET GLOBAL log_bin_trust_function_creators = {int(creators)}")

    def _set_up(self) -> None:
        self.trust(True)
        first, second = self._servers
        replica = self._connect(second, "platform", "shop", True).cursor()
        replica.execute(
            f"CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={first.port}, MASTER_USER='platform', "
            "MASTER_PASSWORD='secret', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1"
        )
        replica.execute("START SLAVE")
        writer = self._connect(first, "platform", "shop", True).cursor()
        for statement in (
            "CREATE TABLE orders (id BIGINT PRIMARY KEY DEFAULT 1, note TEXT)",
            "CREATE TABLE items (id BIGINT AUTO_INCREMENT PRIMARY KEY, note TEXT)",
            "CREATE TABLE counters (name VARCHAR(40) PRIMARY KEY, value BIGINT NOT NULL)",
            "INSERT INTO counters VALUES ('orders', 1000)",
            "INSERT INTO items (note) VALUES ('first')",
        ):
            writer.execute(statement)

    @staticmethod
    def _connect(server: Server, user: str, database: str, autocommit: bool) -> Any:
        return pymysql.connect(
            host="127.0.0.1", port=server.port, user=user, password="secret", database=database, autocommit=autocommit
        )

    def block_only(self) -> None:
        self._connect(self._servers[0], "platform", "shop", True).cursor().execute("ALTER USER shop@'%' ACCOUNT LOCK")

    def catch_up(self) -> None:
        self._until_same(lambda server: str(self._one(server, "SELECT @@global.gtid_current_pos")))

    def promote(self) -> None:
        cursor = self._connect(self._servers[1], "platform", "shop", True).cursor()
        for statement in ("STOP SLAVE", "RESET SLAVE ALL", "SET GLOBAL read_only = 0"):
            cursor.execute(statement)


class PostgreSqlPair(_SqlPair):
    _later = "clock_timestamp() + interval '%s seconds'"

    def __init__(self, folder: Path) -> None:
        self._servers = []
        with contextlib.ExitStack() as undo:
            undo.callback(self.stop)
            self._servers.append(start_postgresql(folder))
            self._set_up()
            self._servers.append(start_postgresql(folder, self._servers[0].port))
            undo.pop_all()
        first, second = self._servers
        self.writer = PostgreSqlDatabase(description("pg", first.port), None)
        self.replica = PostgreSqlDatabase(description("pg", second.port), None)

    def patient(self) -> Database:
        return PostgreSqlDatabase(description("pg", self._servers[0].port), None, timeout_s=PATIENCE_S)

    def _set_up(self) -> None:
        platform = self._connect(self._servers[0], "platform", "postgres", True)
        for statement in (
            "CREATE ROLE doadmin LOGIN CREATEDB CREATEROLE PASSWORD 'secret'",
            "GRANT pg_signal_backend, pg_monitor TO doadmin WITH ADMIN OPTION",
            "CREATE DATABASE defaultdb OWNER doadmin",
            "CREATE DATABASE shop OWNER doadmin",
            "CREATE ROLE shop LOGIN PASSWORD 'secret'",
        ):
            platform.execute(statement)
        admin = self._connect(self._servers[0], "doadmin", "shop", True)
        admin.execute(
            "CREATE TABLE orders (id BIGINT PRIMARY KEY DEFAULT 1, note TEXT);"
            "CREATE TABLE items (id BIGSERIAL PRIMARY KEY, note TEXT);"
            "CREATE TABLE counters (name VARCHAR(40) PRIMARY KEY, value BIGINT NOT NULL);"
            "INSERT INTO counters VALUES ('orders', 1000);"
            "INSERT INTO items (note) VALUES ('first');"
            "GRANT ALL ON ALL TABLES IN SCHEMA public TO shop; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO shop"
        )

    @staticmethod
    def _connect(server: Server, user: str, database: str, autocommit: bool) -> Any:
        return psycopg.connect(
            f"host=127.0.0.1 port={server.port} user={user} password=secret dbname={database}", autocommit=autocommit
        )

    def block_only(self) -> None:
        self._connect(self._servers[0], "platform", "postgres", True).execute("ALTER ROLE shop NOLOGIN")

    def catch_up(self) -> None:
        self._until_same(
            lambda server: str(
                self._one(
                    server,
                    "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END",
                )
            )
        )

    def promote(self) -> None:
        self._connect(self._servers[1], "platform", "postgres", True).execute("SELECT pg_promote()")


PAIRS: dict[str, Callable[[Path], Pair]] = {"fake": FakePair, "mariadb": MariaDbPair, "postgresql": PostgreSqlPair}
