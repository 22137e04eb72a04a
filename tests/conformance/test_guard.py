"""The gate in the database: on the fake pair, and with real triggers on MariaDB and PostgreSQL."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from pairs import PATIENCE_S, MariaDbPair, Pair, PostgreSqlPair, _SqlPair

from farshore.model.failure import Refused, RetryLater
from farshore.model.region import Epoch

Run = Callable[[Any], Any]
LONG_S = 600
REFUSED = "no write permit"


@pytest.fixture
def gate(pair: Pair, run: Run) -> Pair:
    """Epoch 1, a permit for it, and the guard before the orders."""
    run(pair.writer.prepare())
    run(pair.writer.raise_epoch(Epoch(1)))
    run(pair.writer.guard("shop", ["orders"], "shop"))
    pair.renew(1, LONG_S)
    return pair


@pytest.fixture
def servers(gate: Pair) -> _SqlPair:
    if not isinstance(gate, _SqlPair):
        pytest.skip("about the servers themselves")
    return gate


def _refuses(pair: Pair, number: int = 50, promoted: bool = False) -> bool:
    try:
        pair.order(number, promoted)
    except Exception as error:  # each client has its own word for what a trigger raises
        read_only = isinstance(pair, _SqlPair) and pair.admin != "doadmin" and "read-only" in str(error)
        if REFUSED not in str(error) and not read_only:  # where the operator is master, a fence is read-only besides
            raise
        return True
    return False


def test_with_a_permit_orders_pass(gate: Pair, run: Run) -> None:
    gate.order(2)
    assert run(gate.writer.guarded("shop", ["orders"]))
    assert not run(gate.writer.guarded("shop", ["orders", "items"]))
    assert not run(gate.writer.guarded("shop", []))


def test_before_the_first_permit_nothing_passes(pair: Pair, run: Run) -> None:
    run(pair.writer.prepare())
    run(pair.writer.raise_epoch(Epoch(1)))
    assert not _refuses(pair, 49), "no guard yet"
    run(pair.writer.guard("shop", ["orders"], "shop"))
    assert _refuses(pair)


def test_a_permit_that_ran_out_is_none(gate: Pair) -> None:
    gate.renew(1, -0.001)
    assert _refuses(gate)
    gate.renew(1, LONG_S)
    assert not _refuses(gate)


def test_a_permit_of_another_epoch_is_none(gate: Pair, run: Run) -> None:
    """Neither of the last epoch nor of one that was never granted here."""
    gate.renew(2, LONG_S)
    assert _refuses(gate)
    gate.renew(1, LONG_S)
    run(gate.writer.raise_epoch(Epoch(2)))
    assert _refuses(gate)
    gate.renew(2, LONG_S)
    assert not _refuses(gate)


def test_the_guard_goes_with_the_data_and_opens_for_the_next_epoch_only(gate: Pair, run: Run) -> None:
    """Promotion: the copy's gate holds the old permit, the raised epoch shuts it, the new permit opens it."""
    gate.order(2)
    gate.catch_up()
    assert run(gate.replica.guarded("shop", ["orders"]))
    gate.promote()
    _until(lambda: run(gate.replica.writable()), "the promoted server writes")
    assert run(gate.replica.raise_epoch(Epoch(2))) == 2
    assert _refuses(gate, 50, promoted=True)
    gate.renew(2, LONG_S, promoted=True)
    assert not _refuses(gate, 50, promoted=True)
    assert not _refuses(gate, 51), "a promotion is a fork: only a fence or the clock ends the old side"


def test_other_tables_may_be_guarded_instead(gate: Pair, run: Run) -> None:
    run(gate.writer.guard("shop", ["items"], "shop"))
    assert run(gate.writer.guarded("shop", ["items"]))
    gate.renew(1, -1)
    if isinstance(gate, _SqlPair):
        assert not _refuses(gate), "the orders' trigger is gone"
    run(gate.writer.guard("shop", [], "shop"))
    assert run(gate.writer.guarded("shop", []))


def test_a_table_that_is_not_there_is_refused_by_name(servers: _SqlPair, run: Run) -> None:
    with pytest.raises(Refused, match=r"no table ordres in its database shop. Correct stores\[\].guarded_tables"):
        run(servers.writer.guard("shop", ["orders", "ordres"], "shop"))
    with pytest.raises(Refused, match="Correct app_user"):
        run(servers.writer.guard("shop", ["orders"], "nobody"))
    assert not run(servers.writer.guarded("shop", ["ordres"]))


def test_an_update_is_an_order_too(servers: _SqlPair) -> None:
    """A pending order of the old epoch may not become a paid one."""
    servers.order(2)
    servers.renew(1, -1)
    cursor = servers._connect(servers._servers[0], "shop", "shop", True).cursor()
    with pytest.raises(Exception, match=REFUSED):
        cursor.execute("UPDATE orders SET note = 'paid' WHERE id = 2")


def test_a_transaction_that_began_before_the_fence_is_refused(servers: _SqlPair, run: Run) -> None:
    """Its snapshot still shows the old epoch: a plain read in the trigger would let it through."""
    connection = servers._connect(servers._servers[0], "shop", "shop", False)
    cursor = connection.cursor()
    cursor.execute(
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ" if _pg(servers) else "DO 0"
    )
    connection.commit()
    cursor.execute("SELECT epoch FROM farshore.farshore_epoch WHERE id = 1")
    assert cursor.fetchone()[0] == 1
    run(servers.writer.raise_epoch(Epoch(2)))
    cursor.execute("SELECT epoch FROM farshore.farshore_epoch WHERE id = 1")
    assert cursor.fetchone()[0] == 1, "the snapshot is of before the fence, or this test proves nothing"
    with pytest.raises(Exception, match=f"{REFUSED}|could not serialize"):
        cursor.execute("INSERT INTO orders (id, note) VALUES (60, 'late')")
    connection.rollback()
    assert servers.orders() == 0


def test_the_raise_waits_for_an_order_in_flight_and_lets_none_pass_after_it(servers: _SqlPair, run: Run) -> None:
    """The raise is a barrier: what it did not refuse was committed before it, and is in the log before it."""
    shop = servers.shop()
    shop.begin()
    patient = servers.patient()

    async def work() -> None:
        raising = asyncio.create_task(patient.raise_epoch(Epoch(2)))
        await asyncio.to_thread(_until, lambda: _waiting(servers), "the raise waits for the order")
        assert not raising.done()
        shop.commit()
        assert await raising == 2
        await patient.close()

    run(work())
    assert servers.orders() == 1
    assert _refuses(servers)


def test_a_fence_does_not_wait_for_an_order_that_hangs(servers: _SqlPair, run: Run) -> None:
    """An app server that froze in the middle of an order holds the epoch row; its session is ended first."""
    shop = servers.shop()
    shop.begin()
    run(servers.writer.fence(Epoch(2), "shop"))
    assert run(servers.writer.epoch()) == 2
    with pytest.raises(Exception):  # noqa: B017 each client has its own words for a session that was ended
        shop.commit()
    assert servers.orders() == 0


def test_a_fence_of_orders_refuses_them_and_shuts_nobody_out(servers: _SqlPair, run: Run) -> None:
    """The shop's user goes on reading, here and on the standby: a lock would be replicated and shut its pages."""
    shop = servers.shop()
    shop.begin()
    run(servers.writer.fence_orders(Epoch(2), "shop"))
    with pytest.raises(Exception):  # noqa: B017 each client has its own words for a session that was ended
        shop.commit()
    assert run(servers.writer.epoch()) == 2
    assert servers.orders() == 0
    assert _refuses(servers)
    for server in servers._servers:
        reader = servers._connect(server, "shop", "shop", True).cursor()
        reader.execute("SELECT count(*) FROM orders")


def test_a_fence_of_orders_without_a_gate_that_refuses_is_none(gate: Pair, run: Run) -> None:
    gate.order(2)
    gate.renew(2, LONG_S)
    with pytest.raises(RetryLater, match="did not refuse our own"):
        run(gate.writer.fence_orders(Epoch(2), "shop"))
    gate.renew(1, LONG_S)
    run(gate.writer.fence_orders(Epoch(2), "shop"))
    run(gate.writer.raise_epoch(Epoch(3)))
    with pytest.raises(Refused, match="seen epoch 3"):
        run(gate.writer.fence_orders(Epoch(2), "shop"))


def test_a_fence_tries_to_write_itself_and_leaves_nothing(gate: Pair, run: Run) -> None:
    """A gate that would let an order of this epoch pass is none: somebody has renewed beyond the fence."""
    gate.order(2)
    before = gate.orders()
    gate.renew(2, LONG_S)
    with pytest.raises(RetryLater, match="did not refuse our own"):
        run(gate.writer.fence(Epoch(2), "shop"))
    run(gate.writer.unfence("shop"))
    gate.renew(1, LONG_S)
    run(gate.writer.fence(Epoch(2), "shop"))
    assert gate.orders() == before
    run(gate.writer.raise_epoch(Epoch(3)))  # nobody holds the epoch row any more


def test_a_fence_ends_a_session_that_is_inside_a_trigger(servers: _SqlPair, run: Run) -> None:
    """MySQL lists it by the trigger's definer, and no longer as the shop's: who looks for the shop finds nobody."""
    admin = servers._connect(servers._servers[0], "doadmin", "shop", True).cursor()
    if _pg(servers):
        admin.execute(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_sleep(20); RETURN NEW; END $$"
        )
        admin.execute("CREATE TRIGGER slow BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION slow()")
        asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    else:
        admin.execute("CREATE TRIGGER slow BEFORE INSERT ON items FOR EACH ROW DO SLEEP(20)")
        asleep = "SELECT count(*) FROM information_schema.processlist WHERE state = 'User sleep'"
    cursor = servers._connect(servers._servers[0], "shop", "shop", True).cursor()

    async def work() -> None:
        insert = asyncio.create_task(asyncio.to_thread(cursor.execute, "INSERT INTO items (note) VALUES ('late')"))
        await asyncio.to_thread(_until, lambda: servers._one(servers._servers[0], asleep) == 1, "it is in the trigger")
        await servers.writer.fence(Epoch(2), "shop")
        assert servers._one(servers._servers[0], asleep) == 0
        with pytest.raises(Exception):  # noqa: B017 each client has its own words for a session that was ended
            await insert

    run(work())
    assert servers._one(servers._servers[0], "SELECT count(*) FROM items WHERE note = 'late'") == 0


def test_guarding_again_touches_nothing(servers: _SqlPair, run: Run) -> None:
    """A controller starts while an order is in flight: a trigger made anew would wait for it, and hold up the rest."""
    shop = servers.shop()
    shop.begin()
    run(servers.writer.guard("shop", ["orders"], "shop"))
    shop.commit()


def test_a_guard_of_another_version_is_replaced(servers: _SqlPair, run: Run) -> None:
    """What is in force is compared, not only whether something by that name is there."""
    cursor = servers._connect(servers._servers[0], servers.admin, "shop", True).cursor()
    if _pg(servers):
        cursor.execute(
            "CREATE OR REPLACE FUNCTION farshore.farshore_guard() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RETURN NEW; END $$"
        )
    else:
        cursor.execute("SELECT trigger_name FROM information_schema.triggers WHERE trigger_name LIKE '%_insert_%'")
        (trigger,) = cursor.fetchone()
        cursor.execute(f"CREATE OR REPLACE TRIGGER {trigger} BEFORE INSERT ON orders FOR EACH ROW BEGIN END")
        cursor.execute("CREATE TRIGGER farshore_guard_insert_old BEFORE INSERT ON items FOR EACH ROW BEGIN END")
    servers.renew(1, -1)
    servers.order(2)
    assert not run(servers.writer.guarded("shop", ["orders"]))
    run(servers.writer.guard("shop", ["orders"], "shop"))
    assert run(servers.writer.guarded("shop", ["orders"]))
    assert _refuses(servers)


def test_an_order_is_applied_on_the_replica_after_its_permit_ran_out(servers: _SqlPair) -> None:
    """Triggers do not fire where a replica applies: what was committed under a permit arrives, however late."""
    replica = servers._connect(servers._servers[1], "platform", "shop", True).cursor()
    pause, resume = (
        ("SELECT pg_wal_replay_pause()", "SELECT pg_wal_replay_resume()")
        if _pg(servers)
        else ("STOP SLAVE SQL_THREAD", "START SLAVE SQL_THREAD")
    )
    servers.catch_up()
    replica.execute(pause)
    servers.order(2)
    servers.renew(1, -1)
    assert _refuses(servers)
    replica.execute(resume)
    servers.catch_up()
    assert servers._one(servers._servers[1], "SELECT count(*) FROM orders") == 1


def test_the_shops_user_cannot_raise_or_lower_the_epoch(servers: _SqlPair) -> None:
    cursor = servers._connect(servers._servers[0], "shop", "shop", True).cursor()
    with pytest.raises(Exception, match="denied"):
        cursor.execute("UPDATE farshore.farshore_epoch SET epoch = 9")


def test_where_triggers_are_not_trusted_the_refusal_says_the_way_out(pair: Pair, run: Run) -> None:
    if not isinstance(pair, MariaDbPair) or pair.admin != "doadmin":
        pytest.skip("a trap of MySQL's binary log, for an admin without SUPER")
    pair.trust(False)
    run(pair.writer.prepare())
    with pytest.raises(Refused, match=r"log_bin_trust_function_creators set to 1 .* or set permit.gate: kernel"):
        run(pair.writer.guard("shop", ["orders"], "shop"))


def test_a_shop_that_owns_its_tables_must_let_the_admin_guard_them(pair: Pair, run: Run) -> None:
    if not isinstance(pair, PostgreSqlPair) or pair.admin != "doadmin":
        pytest.skip("owners are PostgreSQL's, and a superuser asks none")
    platform = pair._connect(pair._servers[0], "platform", "shop", True)
    platform.execute("ALTER TABLE orders OWNER TO shop")
    platform.execute("REVOKE ALL ON orders FROM doadmin")
    run(pair.writer.prepare())
    with pytest.raises(Refused, match=r"GRANT TRIGGER ON orders TO the admin; or set permit.gate: kernel"):
        run(pair.writer.guard("shop", ["orders"], "shop"))
    platform.execute("GRANT TRIGGER ON orders TO doadmin")
    run(pair.writer.guard("shop", ["orders"], "shop"))
    assert _refuses(pair)


def test_a_database_that_comes_under_guard_late_knows_the_epoch(pair: Pair, run: Run) -> None:
    """And a raise reaches all of them: PostgreSQL has an epoch row in each."""
    run(pair.writer.prepare())
    run(pair.writer.raise_epoch(Epoch(4)))
    run(pair.writer.guard("shop", ["orders"], "shop"))
    pair.renew(3, LONG_S)
    assert _refuses(pair)
    pair.renew(4, LONG_S)
    assert not _refuses(pair)
    assert run(pair.writer.raise_epoch(Epoch(5))) == 5
    assert _refuses(pair, 51)


def test_a_user_who_is_not_there_cannot_be_let_in(servers: _SqlPair, run: Run) -> None:
    with pytest.raises(Refused, match="nobody"):
        run(servers.writer.unfence("nobody"))


def test_what_one_database_has_not_seen_is_not_proved(servers: _SqlPair, run: Run) -> None:
    """A raise that was interrupted between two databases shows the smaller epoch, and is finished by the next."""
    if not _pg(servers):
        pytest.skip("MySQL has one row for all its databases")
    servers._connect(servers._servers[0], servers.admin, servers.database, True).execute(
        "UPDATE farshore.farshore_epoch SET epoch = 2"
    )
    assert run(servers.writer.epoch()) == 1
    assert run(servers.writer.raise_epoch(Epoch(2))) == 2
    assert run(servers.writer.epoch()) == 2


def _pg(servers: _SqlPair) -> bool:
    return isinstance(servers, PostgreSqlPair)


def _waiting(servers: _SqlPair) -> bool:
    query = (
        "SELECT count(*) FROM pg_locks WHERE NOT granted"
        if _pg(servers)
        else "SELECT count(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
    )
    return bool(servers._one(servers._servers[0], query))


def _until(holds: Callable[[], bool], what: str) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < until_s, f"did not happen: {what}"
        time.sleep(0.15)  # MariaDB renews its list of transactions only when nobody has asked for 0.1 s
