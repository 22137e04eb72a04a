"""What self-run servers promise besides the database port, on real servers asked as their superuser."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from self_run_pairs import SELF_RUN, SelfRunMariaDbPair, SelfRunPostgreSqlPair
from throwaway import why_not

from farshore.adapters.self_run.server import SelfRunDatabase
from farshore.model.failure import Refused
from farshore.model.region import Epoch
from farshore.model.sighting import Marker

Run = Callable[[Any], Any]
Pair = SelfRunMariaDbPair | SelfRunPostgreSqlPair
pytestmark = pytest.mark.lab


@pytest.fixture(params=SELF_RUN)
def own(request: pytest.FixtureRequest, tmp_path: Path, run: Run) -> Iterator[Pair]:
    if reason := why_not():
        pytest.skip(reason)
    made = SELF_RUN[request.param](tmp_path)
    run(made.writer.prepare())
    made.catch_up()
    yield made
    run(made.writer.close())
    run(made.replica.close())
    made.stop()


def test_each_says_whom_it_follows(own: Pair, run: Run) -> None:
    assert run(_own(own.writer).source()) is None
    assert run(_own(own.replica).source()) == "127.0.0.1"
    own.promote()
    assert run(_own(own.replica).source()) is None


def test_an_admin_who_could_write_on_a_replica_does_not(own: Pair, run: Run) -> None:
    """On MariaDB one such row would end its replication, and the next failover would find no standby."""
    database = own.replica
    for act in (
        database.prepare(),
        database.raise_epoch(Epoch(9)),
        database.write_marker(Marker(Epoch(9), 9)),
        database.fence(Epoch(9), "shop"),
        database.unfence("shop"),
        database.jump_ids("shop", (), 10, "token"),
    ):
        with pytest.raises(Refused):
            run(act)
    run(own.writer.write_marker(Marker(Epoch(1), 5)))
    own.catch_up()
    assert run(database.read_marker()) == Marker(Epoch(1), 5)


def test_a_replica_that_was_left_open_is_not_tried(own: Pair, run: Run) -> None:
    if not isinstance(own, SelfRunMariaDbPair):
        pytest.skip("a PostgreSQL in recovery cannot be left open")
    server = own._servers[1]
    own._connect(server, "platform", "shop", True).cursor().execute("SET GLOBAL read_only = 0")
    before = own._one(server, "SELECT @@global.gtid_binlog_state")
    assert run(own.replica.writable()) is False
    assert own._one(server, "SELECT @@global.gtid_binlog_state") == before


def test_a_fence_is_read_only_besides_until_it_is_lifted(own: Pair, run: Run) -> None:
    """For every user: one that no fence knew of writes no more either."""
    own.shop().commit()
    _other(own)
    run(own.writer.fence(Epoch(2), "shop"))
    with pytest.raises(Exception, match="read-only"):
        _other(own)
    assert run(own.writer.raise_epoch(Epoch(3))) == 3, "our own session goes on, to raise what has to be raised"
    run(own.writer.unfence("shop"))
    _other(own)


def test_a_promotion_loses_nothing_of_what_was_received(own: Pair, run: Run) -> None:
    """The applier stands still; stopping both of MariaDB's threads would throw away what lies in the relay log."""
    server = own._servers[1]
    mariadb = isinstance(own, SelfRunMariaDbPair)
    cursor = own._connect(server, "platform", "shop", True).cursor()
    cursor.execute("STOP SLAVE SQL_THREAD" if mariadb else "SELECT pg_wal_replay_pause()")
    for sequence in range(1, 40):
        run(own.writer.write_marker(Marker(Epoch(1), sequence)))
    run(_received(own))
    own.kill_writer()
    own.promote()
    assert run(own.replica.read_marker()) == Marker(Epoch(1), 39)


def test_what_a_throwaway_server_lacks_is_told(own: Pair, run: Run) -> None:
    found = run(_own(own.writer).shortcomings())
    words = ("TLS is off", "threads") if isinstance(own, SelfRunMariaDbPair) else ("ssl is off", "pg_rewind")
    assert len(found) == len(words)
    assert all(any(word in one.what for one in found) for word in words)


def _own(database: Any) -> SelfRunDatabase:
    return database  # type: ignore[no-any-return]


def _other(own: Pair) -> None:
    """A write by somebody who is no app user; on MariaDB not by an admin, who may do all."""
    if isinstance(own, SelfRunMariaDbPair):
        own._connect(own._servers[0], "platform", "shop", True).cursor().execute(
            "GRANT ALL ON shop.* TO other@'%' IDENTIFIED BY 'secret'"
        )
        cursor = own._connect(own._servers[0], "other", "shop", True).cursor()
    else:
        cursor = own._connect(own._servers[0], "doadmin", "shop", True).cursor()
    cursor.execute("INSERT INTO items (note) VALUES ('other')")


async def _received(own: Pair) -> None:
    """Until all that the writer has committed lies on the replica, applied or not."""
    mariadb = isinstance(own, SelfRunMariaDbPair)
    there = "SELECT @@global.gtid_binlog_pos" if mariadb else "SELECT pg_current_wal_lsn()"
    wanted = str(own._one(own._servers[0], there))
    async with asyncio.timeout(20):
        while _here(own, mariadb) != wanted:  # noqa: ASYNC110 it is another process that receives
            await asyncio.sleep(0.02)


def _here(own: Pair, mariadb: bool) -> str:
    connection = own._connect(own._servers[1], "platform", "shop", True)
    cursor = connection.cursor()
    cursor.execute("SHOW SLAVE STATUS" if mariadb else "SELECT pg_last_wal_receive_lsn()")
    row, names = cursor.fetchone(), [column[0] for column in cursor.description]
    connection.close()
    return str(row[names.index("Gtid_IO_Pos")] if mariadb else row[0])
