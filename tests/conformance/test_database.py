"""The database port: on the fake pair, and on real MariaDB and PostgreSQL pairs out of the lab's image."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from pairs import Pair, Shop

from farshore.model.failure import Failure, Refused, Unreachable
from farshore.model.region import Epoch
from farshore.model.sighting import Marker

Run = Callable[[Any], Any]


@pytest.fixture
def ready(pair: Pair, run: Run) -> Pair:
    run(pair.writer.prepare())
    return pair


def _order(session: Shop) -> None:
    session.begin()
    session.commit()


def test_nothing_is_there_before_prepare_and_prepare_may_be_repeated(pair: Pair, run: Run) -> None:
    assert run(pair.writer.epoch()) is None
    assert run(pair.writer.read_marker()) is None
    run(pair.writer.prepare())
    run(pair.writer.prepare())
    assert run(pair.writer.epoch()) is None
    assert run(pair.writer.read_marker()) is None


def test_the_writer_can_write_and_the_replica_cannot(ready: Pair, run: Run) -> None:
    ready.catch_up()
    assert run(ready.writer.writable()) is True
    assert run(ready.replica.writable()) is False
    assert run(ready.writer.is_replica()) is False
    assert run(ready.replica.is_replica()) is True
    with pytest.raises(Refused):
        run(ready.replica.write_marker(Marker(Epoch(1), 1)))


def test_a_marker_reaches_the_replica(ready: Pair, run: Run) -> None:
    for sequence in (1, 2):
        run(ready.writer.write_marker(Marker(Epoch(1), sequence)))
    assert run(ready.writer.read_marker()) == Marker(Epoch(1), 2)
    ready.catch_up()
    assert run(ready.replica.read_marker()) == Marker(Epoch(1), 2)
    assert run(ready.writer.position()).text == run(ready.replica.position()).text


def test_an_epoch_is_never_lowered(ready: Pair, run: Run) -> None:
    assert run(ready.writer.raise_epoch(Epoch(3))) == 3
    assert run(ready.writer.raise_epoch(Epoch(2))) == 3
    assert run(ready.writer.epoch()) == 3
    run(ready.writer.unfence("shop"))
    assert run(ready.writer.epoch()) == 3


def test_an_open_session_cannot_commit_after_the_fence(ready: Pair, run: Run) -> None:
    """What was begun before the fence ends with it: a block without ending sessions would let it commit."""
    session = ready.shop()
    session.begin()
    run(ready.writer.fence(Epoch(2), "shop"))
    with pytest.raises(Exception):  # noqa: B017 each client has its own words for a session that was ended
        session.commit()
    with pytest.raises(Exception):  # noqa: B017
        ready.shop()
    assert ready.orders() == 0
    assert run(ready.writer.epoch()) == 2


def test_blocking_alone_is_no_fence(ready: Pair, run: Run) -> None:
    """Why the fence ends sessions: with the block alone, a session that is open commits. Guards the test above."""
    session = ready.shop()
    session.begin()
    ready.block_only()
    session.commit()
    assert ready.orders() == 1


def test_a_fence_may_be_repeated_and_is_undone(ready: Pair, run: Run) -> None:
    ready.shop()
    for _ in range(2):
        run(ready.writer.fence(Epoch(2), "shop"))
    run(ready.writer.unfence("shop"))
    run(ready.writer.unfence("shop"))
    session = ready.shop()
    session.begin()
    session.commit()
    assert ready.orders() == 1


def test_warming_changes_nothing_and_may_be_repeated(ready: Pair, run: Run) -> None:
    run(ready.writer.raise_epoch(Epoch(2)))
    for _ in range(2):
        run(ready.writer.warm(("shop",)))
    assert run(ready.writer.epoch()) == 2
    assert run(ready.writer.jump_ids("shop", (), 10, "warm")) == run(ready.writer.jump_ids("shop", (), 10, "cold"))


def test_the_fence_finishes_what_a_crash_left_half_done(ready: Pair, run: Run) -> None:
    """Crashed between block and kill: the account is blocked, a session lives on."""
    session = ready.shop()
    session.begin()
    ready.block_only()
    run(ready.writer.fence(Epoch(2), "shop"))
    with pytest.raises(Exception):  # noqa: B017
        session.commit()


def test_a_fence_of_an_older_epoch_is_refused_and_blocks_nobody(ready: Pair, run: Run) -> None:
    """A deposed controller must not close the shop of the next one."""
    run(ready.writer.raise_epoch(Epoch(5)))
    with pytest.raises(Refused):
        run(ready.writer.fence(Epoch(4), "shop"))
    ready.shop()


def test_a_promoted_replica_writes_with_all_it_had_received(ready: Pair, run: Run) -> None:
    run(ready.writer.write_marker(Marker(Epoch(1), 7)))
    ready.catch_up()
    run(ready.replica.before_promotion())
    ready.promote()
    assert run(ready.replica.writable()) is True
    assert run(ready.replica.is_replica()) is False
    assert run(ready.replica.read_marker()) == Marker(Epoch(1), 7)
    assert run(ready.replica.raise_epoch(Epoch(2))) == 2
    assert run(ready.writer.epoch()) in (None, 1), "promotion is a fork: the old writer knows nothing of it"


def test_before_promotion_asks_nothing_of_a_writer(ready: Pair, run: Run) -> None:
    run(ready.writer.before_promotion())
    assert run(ready.writer.writable()) is True


def test_ids_jump_once_per_token(ready: Pair, run: Run) -> None:
    before = ready.next_ids()
    assert run(ready.writer.jump_ids("shop", ["counters.value"], 1000, "plan-1")) == 2
    once = ready.next_ids()
    assert all(after >= known + 1000 for known, after in zip(before, once, strict=True))
    assert run(ready.writer.jump_ids("shop", ["counters.value"], 1000, "plan-1")) == 0
    again = ready.next_ids()
    assert all(after - known < 1000 for known, after in zip(once, again, strict=True))
    assert run(ready.writer.jump_ids("shop", ["counters.value"], 1000, "plan-2")) == 2
    twice = ready.next_ids()
    assert all(after >= known + 1000 for known, after in zip(again, twice, strict=True))


def test_ids_jump_past_one_that_was_given_out_elsewhere(ready: Pair, run: Run) -> None:
    """The gap comes on top; a counter that is a million and more behind counts something else."""
    before = ready.next_ids()
    given_out = max(before) + 5000
    assert run(ready.writer.jump_ids("shop", ["counters.value"], 1000, "past-1", given_out)) == 2
    once = ready.next_ids()
    assert all(after > given_out + 1000 - 1 for after in once)
    assert run(ready.writer.jump_ids("shop", ["counters.value"], 1000, "past-2", max(once) + 2_000_000)) == 2
    far = ready.next_ids()
    assert all(1000 <= after - known < 3000 for known, after in zip(once, far, strict=True))
    assert run(ready.writer.jump_ids("shop", ["counters.value"], 1000, "past-3", 1)) == 2
    assert all(after > known for known, after in zip(far, ready.next_ids(), strict=True)), "never back"


def test_a_dead_server_is_unreachable_and_nothing_else(ready: Pair, run: Run) -> None:
    run(ready.writer.epoch())
    ready.kill_writer()
    with contextlib.suppress(Failure):
        run(ready.writer.write_marker(Marker(Epoch(1), 1)))  # on a warm connection this may be Unknown
    for call in (ready.writer.epoch, ready.writer.writable, ready.writer.is_replica):
        with pytest.raises(Unreachable):
            run(call())
    with pytest.raises(Unreachable):
        run(ready.writer.fence(Epoch(2), "shop"))


def test_a_fence_ends_many_sessions_and_only_the_shops(ready: Pair, run: Run) -> None:
    """The admin's own session, by which the fence is made, is not the shop's."""
    sessions = [ready.shop() for _ in range(20)]
    run(ready.writer.fence(Epoch(2), "shop"))
    for session in sessions:
        with pytest.raises(Exception):  # noqa: B017
            _order(session)
    assert ready.orders() == 0
    assert run(ready.writer.epoch()) == 2
