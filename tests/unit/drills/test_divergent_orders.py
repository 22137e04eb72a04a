"""Orders acknowledged behind a cut: kept in the old database, or lost, and never both present and forgotten."""

from dataclasses import replace

import pytest
from ledgers import FAULT, order
from rows import row

from farshore.drills.divergence import settled


def test_an_order_in_the_old_database_only_is_divergent_and_not_lost() -> None:
    found = settled([order(-1, 1), order(0.5, 2)], [row(1)], [row(1), row(2)], FAULT)
    assert (found.acknowledged, found.present, found.lost) == (2, 1, ())
    assert [(one.order_key, one.kept) for one in found.divergent] == [("order_2", True)]
    assert found.divergent[0].acknowledged_s == pytest.approx(0.6)


def test_an_order_in_neither_is_lost_and_named_among_the_divergent() -> None:
    found = settled([order(0.5, 2)], [], [], FAULT)
    assert len(found.lost) == 1
    assert [(one.order_key, one.kept) for one in found.divergent] == [("order_2", False)]


def test_a_silent_old_database_keeps_nothing() -> None:
    found = settled([order(0.5, 2)], [], None, FAULT)
    assert len(found.lost) == 1
    assert "could not be read" in found.divergent[0].text


def test_half_an_order_that_is_whole_in_the_old_database_is_divergent_and_not_damaged() -> None:
    """An order is several commits, and the cut may fall between two."""
    half = replace(row(1), status="pending")
    found = settled([order(-0.2, 1)], [half], [row(1)], FAULT)
    assert (found.damaged, [one.kept for one in found.divergent]) == ((), [True])


def test_half_an_order_in_the_old_database_keeps_nothing() -> None:
    found = settled([order(0.5, 1)], [], [replace(row(1), items=0)], FAULT)
    assert len(found.lost) == 1
    assert [one.kept for one in found.divergent] == [False]


def test_lost_long_before_the_fault_is_lost_and_nothing_else() -> None:
    found = settled([order(-30, 1)], [], [], FAULT)
    assert (len(found.lost), found.divergent, found.beyond_replication) == (1, (), 1)


def test_an_id_given_twice_hides_behind_no_divergence() -> None:
    """Both customers were told the same number: that is a doubled order, wherever it is kept."""
    other = replace(order(7, 9, region="sfo3", epoch=2), order_id=1002)
    found = settled([order(0.5, 2), other], [replace(row(9), id=1002)], [row(2)], FAULT)
    assert found.doubled
    assert all(not one.kept for one in found.divergent)


def test_every_order_is_somewhere() -> None:
    ledger = [order(-1, 1), order(0.2, 2), order(0.4, 3), order(-0.1, 4)]
    found = settled(ledger, [row(1), replace(row(4), items=0)], [row(1), row(2)], FAULT)
    kept = sum(one.kept for one in found.divergent)
    assert found.acknowledged == 4 == found.present + kept + len(found.lost) + len(found.damaged) + len(found.doubled)
