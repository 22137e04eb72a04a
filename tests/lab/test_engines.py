"""Managed databases as real servers: they replicate, gate, promote, die and come back as DigitalOcean's would."""

from collections.abc import Iterator

import pytest
from engine_lab import NEEDS_LAB, Pair, World, world

pytestmark = NEEDS_LAB
TABLE = "CREATE TABLE orders (id INT PRIMARY KEY, word VARCHAR(40))"


@pytest.fixture(scope="module", params=["mysql", "pg"])
def lab(request: pytest.FixtureRequest) -> Iterator[World]:
    with world(f"c-engines-{request.param}", request.param) as made:
        yield made


@pytest.fixture(scope="module")
def steady(lab: World) -> Pair:
    """For tests that leave the roles as they are."""
    return filled(lab, "steady")


@pytest.fixture
def pair(lab: World, request: pytest.FixtureRequest) -> Iterator[Pair]:
    """For tests that end with another writer than they began with."""
    made = filled(lab, "db-" + request.node.originalname.removeprefix("test_").replace("_", "-")[:30].rstrip("-"))
    yield made
    for server in (made.replica, made.primary):
        lab.do(lab.backend.database_destroy(server))


def filled(lab: World, name: str) -> Pair:
    made = lab.cluster(name)
    made.admin().rows(TABLE)  # so that it is the admin's own
    lab.sql(made.primary, "INSERT INTO orders VALUES (1, 'first')")
    made.until_replica_says("SELECT word FROM orders", "first")
    return made


def test_a_replica_refuses_writes_and_follows(lab: World, steady: Pair) -> None:
    """A replica is readable, shows what the primary commits, and lets not even the admin write."""
    session = steady.admin(steady.copied)
    assert "error" in session.ask("INSERT INTO orders VALUES (99, 'no')")
    lab.sql(steady.primary, "INSERT INTO orders VALUES (2, 'second')")
    steady.until_replica_says("SELECT word FROM orders WHERE id = 2", "second")


@pytest.mark.parametrize("established", ["keep", "cut"])
def test_leaving_the_trusted_sources(lab: World, steady: Pair, established: str) -> None:
    """Nobody new gets in. A session that is open when its address is dropped goes on committing (`keep`) or ends
    (`cut`); the replica goes on in any case."""
    lab.backend._databases._established = established
    session = steady.admin()
    lab.do(lab.backend.database_trust(steady.primary, ["203.0.113.128/25"]))
    assert session.rows("SELECT 7") == [[7]]
    lab.do(lab.backend.database_trust(steady.primary, ["10.10.99.99"]))
    with pytest.raises(AssertionError, match="error"):
        steady.admin()
    if established == "keep":
        session.rows("INSERT INTO orders VALUES (8, 'past the gate')")
        session.rows("DELETE FROM orders WHERE id = 8")
    else:
        assert "error" in session.ask("SELECT 8")
    number = 3 if established == "keep" else 4
    lab.sql(steady.primary, f"INSERT INTO orders VALUES ({number}, 'third')")
    steady.until_replica_says(f"SELECT word FROM orders WHERE id = {number}", "third")
    lab.do(lab.backend.database_trust(steady.primary, None))
    assert steady.admin().rows("SELECT 9") == [[9]]


def test_promotion_is_a_fork(lab: World, pair: Pair) -> None:
    """Nothing fences the old primary: both take writes afterwards, and neither sees the other's."""
    lab.do(lab.backend.database_promote(pair.replica))
    lab.sql(pair.primary, "INSERT INTO orders VALUES (10, 'old side')")
    pair.admin(pair.copied).rows("INSERT INTO orders VALUES (10, 'new side')")
    assert lab.sql(pair.primary, "SELECT word FROM orders WHERE id = 10") == "old side"
    assert lab.sql(pair.replica, "SELECT word FROM orders WHERE id = 10") == "new side"
    lab.do(lab.backend.database_promote(pair.replica))  # once more: silent success


def test_a_promoted_server_can_have_a_replica_of_its_own(lab: World, pair: Pair) -> None:
    """The way home: a fresh replica in the old region follows the new writer, and can be promoted in its turn."""
    lab.do(lab.backend.database_promote(pair.replica))
    lab.sql(pair.replica, "INSERT INTO orders VALUES (40, 'new epoch')")
    home = {"id": f"{pair.primary}-home", "name": f"{pair.primary}-home", "region": "nyc3"}
    made = lab.do(lab.backend.replica_create({"id": pair.replica, "name": pair.replica}, home))
    back = Pair(lab, pair.replica, pair.copied, home["id"], made)
    lab.sql(pair.replica, "INSERT INTO orders VALUES (41, 'followed')")
    back.until_replica_says("SELECT word FROM orders WHERE id = 41", "followed")
    lab.do(lab.backend.database_promote(back.replica))
    lab.sql(back.replica, "INSERT INTO orders VALUES (42, 'home again')")
    assert lab.sql(back.replica, "SELECT count(*) FROM orders") == "4"
    lab.do(lab.backend.database_destroy(back.replica))


def test_what_the_standby_had_received_survives_the_promotion(lab: World, pair: Pair) -> None:
    """Received but not applied when the primary is killed: promotion applies it, instead of throwing it away."""
    mysql = lab.engine == "mysql"
    lab.sql(pair.replica, "STOP SLAVE SQL_THREAD" if mysql else "SELECT pg_wal_replay_pause()")
    lab.sql(pair.primary, "INSERT INTO orders VALUES (20, 'acknowledged')")
    if mysql:
        position = lab.sql(pair.primary, "SELECT @@gtid_binlog_pos")

        async def received() -> bool:
            server = lab.backend._databases.get(pair.replica).server
            return f"Gtid_IO_Pos: {position}\n" in await server._status()  # type: ignore[attr-defined]

        lab.until(received, "the replica has received the order")
    else:
        position = lab.sql(pair.primary, "SELECT pg_current_wal_lsn()")
        pair.until_replica_says(f"SELECT pg_last_wal_receive_lsn() >= '{position}'", "t")
    lab.do(lab.lab.cell(pair.primary).kill())
    assert lab.sql(pair.replica, "SELECT count(*) FROM orders WHERE id = 20") == "0"
    lab.do(lab.backend.database_promote(pair.replica))
    assert lab.sql(pair.replica, "SELECT word FROM orders WHERE id = 20") == "acknowledged"
    lab.sql(pair.replica, "INSERT INTO orders VALUES (21, 'first of the new writer')")


def test_a_killed_server_comes_back_as_what_it_was(lab: World, pair: Pair) -> None:
    """Killed and powered on again: data and role are the same, whether replica, promoted replica or old primary."""
    replica, primary = lab.lab.cell(pair.replica), lab.lab.cell(pair.primary)
    lab.do(replica.kill())
    lab.do(lab.lab.restart(replica))
    lab.sql(pair.primary, "INSERT INTO orders VALUES (30, 'after')")
    pair.until_replica_says("SELECT word FROM orders WHERE id = 30", "after")
    lab.do(lab.backend.database_promote(pair.replica))
    for cell, server in ((replica, pair.replica), (primary, pair.primary)):
        lab.do(cell.kill())
        lab.do(lab.lab.restart(cell))
        lab.sql(server, "INSERT INTO orders VALUES (31, 'writable')")
        assert lab.sql(server, "SELECT count(*) FROM orders") == "3"


def test_the_admin_can_fence_but_is_no_superuser(lab: World, steady: Pair) -> None:
    """What a failover may rely on: blocking the app's user and ending its sessions. And what it may not."""
    admin = steady.admin()
    shopper = lab.session("lon1", steady.made.addresses.public, "shop", "shop-password")
    if lab.engine == "mysql":
        refused = ["SET GLOBAL read_only = 1", "STOP SLAVE", "SET sql_log_bin = 0"]
        fence = ["ALTER USER shop ACCOUNT LOCK", "KILL USER shop"]
        admin.rows("SHOW SLAVE STATUS")
    else:
        refused = ["ALTER SYSTEM SET work_mem = '9MB'", "SELECT pg_promote()", "CREATE ROLE x SUPERUSER"]
        ending = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop'"
        fence = ["ALTER ROLE shop NOLOGIN", ending]
        admin.rows("SELECT state FROM pg_stat_replication")
    for statement in refused:
        assert "error" in admin.ask(statement), statement
    for statement in fence:
        admin.rows(statement)
    assert "error" in shopper.ask("SELECT 1")
    with pytest.raises(AssertionError):
        lab.session("lon1", steady.made.addresses.public, "shop", "shop-password")
    admin.rows("ALTER USER shop ACCOUNT UNLOCK" if lab.engine == "mysql" else "ALTER ROLE shop LOGIN")
    lab.session("lon1", steady.made.addresses.public, "shop", "shop-password")


def test_users_and_databases_come_and_go(lab: World, steady: Pair) -> None:
    """Through the API: a new user sees the databases, a dropped one is gone, a new password replaces the old."""
    backend = lab.backend
    lab.do(backend.database_db(steady.primary, "second", True))
    lab.do(backend.database_user(steady.primary, "o'brien", 'pass"word\\'))
    lab.do(backend.database_user(steady.primary, "o'brien", "new'word"))
    host = steady.made.addresses.public
    assert lab.session("lon1", host, "o'brien", "new'word", "second").rows("SELECT 5") == [[5]]
    with pytest.raises(AssertionError):
        lab.session("lon1", host, "o'brien", 'pass"word\\', "second")
    lab.do(backend.database_user(steady.primary, "o'brien", None))
    lab.do(backend.database_user(steady.primary, "o'brien", None))
    lab.do(backend.database_db(steady.primary, "second", False))
    with pytest.raises(AssertionError):
        lab.session("lon1", host, "o'brien", "new'word", "second")
