"""Both sides of a cut, from ledgers and rows made by hand: who took orders, until when, and who took them too late."""

from dataclasses import replace

import pytest
from ledgers import FAULT, order
from rows import row

from farshore.drills.entry import RESIDENT
from farshore.drills.sides import sides


def resident(at: float, number: int, outcome: str = "ok") -> object:
    return order(at, number, population=RESIDENT, outcome=outcome)


def new(at: float, number: int) -> object:
    return order(at, number, region="sfo3", epoch=2)


def test_a_clean_cut() -> None:
    ledger = [order(-2, 1), resident(0.3, 2), resident(1.1, 3), resident(2.0, 4, "http"), new(6.0, 5)]
    found = sides(ledger, [], FAULT)  # type: ignore[arg-type]
    assert (found.acknowledged, found.refused, found.late, found.overlap_s) == (2, 1, (), 0.0)
    assert (found.last_ack_s, found.first_ack_s) == (pytest.approx(1.2), pytest.approx(6.1))
    assert found.failings == ()


def test_one_order_of_the_old_side_after_the_first_of_the_new_fails() -> None:
    """Also where the new side has only one, so that there is no span to overlap."""
    found = sides([order(-2, 1), new(6.0, 5), resident(6.05, 6)], [], FAULT)  # type: ignore[list-item]
    assert found.late == ("order_6",)
    assert found.failings


def test_two_writers_overlap() -> None:
    found = sides([order(-2, 1), new(6.0, 5), new(9.0, 6), resident(8.0, 7)], [], FAULT)  # type: ignore[list-item]
    assert found.overlap_s == pytest.approx(2.0)


def test_the_database_says_who_took_an_order() -> None:
    """An answer of a confused server is not believed."""
    told = [order(-2, 1), order(7.0, 5, region="sfo3", epoch=2), order(8.0, 6, region="sfo3", epoch=2)]
    facts = [replace(row(6), epoch=1, region="nyc3")]
    found = sides(told, facts, FAULT)
    assert found.misnamed == ("order_6",)
    assert found.late == ("order_6",)


def test_before_the_fault_nothing_is_new() -> None:
    found = sides([order(-3, 1), order(-1, 2)], [], FAULT)
    assert (found.first_ack_s, found.acknowledged) == (None, 0)
    assert found.last_ack_s == pytest.approx(-0.9)


def test_there_and_back_again_each_epoch_after_the_one_before() -> None:
    """A full circle has three writers; the second may not answer after the third has begun."""
    home = [order(-2, 1), new(6.0, 2), order(30, 3, epoch=3)]
    assert sides(home, [], FAULT).late == ()  # type: ignore[arg-type]
    assert sides([*home, new(30.05, 4)], [], FAULT).late == ("order_4",)  # type: ignore[list-item]
