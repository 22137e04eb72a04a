"""The coordination port: one leader, records by comparison, a journal without gaps."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from farshore.adapters.sqlite_coordination import SqliteCoordination
from farshore.model.failure import Refused
from farshore.ports.coordination import Coordination, Lease
from farshore.sim.fake_clock import FakeClock
from farshore.sim.fake_coordination import FakeCoordination


@dataclass
class Store:
    first: Coordination  # two controllers' views of one store
    second: Coordination
    clock: FakeClock


@pytest.fixture(params=["fake", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path, run: Callable[[Any], Any]) -> Iterator[Store]:
    clock = FakeClock()
    if request.param == "fake":
        shared = FakeCoordination(clock)
        yield Store(shared, shared, clock)
        return
    first, second = (SqliteCoordination(tmp_path / "state.db", clock.now_s) for _ in range(2))
    yield Store(first, second, clock)
    run(first.close())
    run(second.close())


def test_the_second_gets_nothing_while_the_first_renews(store: Store, run: Callable[[Any], Any]) -> None:
    first = run(store.first.lead("a", 5.0))
    assert first == Lease("a", 1, 5.0)
    store.clock.skip(4.9)
    assert run(store.first.lead("a", 5.0)) == first, "renewing does not begin a new term"
    store.clock.skip(4.9)
    assert run(store.second.lead("b", 5.0)) is None


def test_a_lease_that_ran_out_begins_a_new_term_for_another(store: Store, run: Callable[[Any], Any]) -> None:
    old = run(store.first.lead("a", 5.0))
    store.clock.skip(5.1)
    assert run(store.second.lead("b", 5.0)) == Lease("b", 2, 5.0)
    with pytest.raises(Refused):
        run(store.first.append(old, "{}"))
    with pytest.raises(Refused):
        run(store.first.swap(old, run(store.first.read("k")), "{}"))
    assert run(store.second.journal()) == ()
    assert run(store.second.read("k")).revision == 0
    assert run(store.first.lead("a", 5.0)) is None


def test_coming_back_is_a_new_term_too(store: Store, run: Callable[[Any], Any]) -> None:
    old = run(store.first.lead("a", 5.0))
    store.clock.skip(6.0)
    other = run(store.second.lead("b", 5.0))
    run(store.second.resign(other))
    assert run(store.first.lead("a", 5.0)).term == 3
    with pytest.raises(Refused):
        run(store.first.append(old, "{}"))


def test_resigning_lets_the_next_one_in_at_once_and_only_once(store: Store, run: Callable[[Any], Any]) -> None:
    lease = run(store.first.lead("a", 5.0))
    run(store.first.resign(lease))
    after = run(store.second.lead("b", 5.0))
    assert after.term == lease.term + 1
    run(store.first.resign(lease))
    assert run(store.second.lead("b", 5.0)) == after, "a late resignation must not depose the next leader"


def test_a_swap_sees_what_was_written_since(store: Store, run: Callable[[Any], Any]) -> None:
    never = run(store.first.read("group/shop/grant"))
    assert (never.revision, never.value) == (0, "")
    written = run(store.first.swap(None, never, '{"epoch": 1}'))
    assert (written.revision, written.value) == (1, '{"epoch": 1}')
    with pytest.raises(Refused):
        run(store.second.swap(None, never, '{"epoch": 9}'))
    assert run(store.second.read("group/shop/grant")) == written
    assert run(store.second.swap(None, written, "{}")).revision == 2


def test_the_journal_is_numbered_without_gaps(store: Store, run: Callable[[Any], Any]) -> None:
    lease = run(store.first.lead("a", 5.0))
    lines = [run(store.first.append(lease, f'{{"n": {number}}}')) for number in range(3)]
    lines.append(run(store.second.append(None, '{"n": 3}')))
    assert [line.number for line in lines] == [1, 2, 3, 4]
    assert run(store.second.journal()) == tuple(lines)
    assert [line.body for line in run(store.second.journal(after=2))] == ['{"n": 2}', '{"n": 3}']
    assert lines[0].term == lease.term
