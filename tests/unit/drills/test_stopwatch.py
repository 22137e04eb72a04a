"""The stopwatch on hand-made ledgers: it must not flatter, whatever shape an outage takes."""

import pytest
from ledgers import FAULT, order, page, pages

from farshore.drills.entry import BROWSE, BUY, CACHED, FRESH
from farshore.drills.stopwatch import clocks, first_order_s, outage, quiet_since, writers_overlap_s


def test_no_outage_is_zero_and_not_never() -> None:
    """Nothing failed after the fault: the shop was never closed."""
    found = outage(pages(-5, 30), FAULT, FRESH, BROWSE)
    assert (found.closed_s, found.failed, found.strays) == (0.0, 0, 0)


def test_plain_outage_ends_with_the_first_success_after_the_last_failure() -> None:
    ledger = pages(-5, 0) + pages(0, 4, "timeout") + pages(4, 30)
    found = outage(ledger, FAULT, FRESH, BROWSE)
    assert found.closed_s == pytest.approx(4.1)
    assert found.failed == 8


def test_never_recovered_is_none() -> None:
    found = outage(pages(-5, 0) + pages(0, 60, "timeout"), FAULT, FRESH, BROWSE)
    assert found.closed_s is None
    assert not found.recovered


def test_nobody_there_is_no_proof_of_an_open_shop() -> None:
    """A drill whose shoppers died must not report an outage of 0 s."""
    assert outage(pages(-5, 0), FAULT, FRESH, BROWSE).closed_s is None
    assert outage([], FAULT, FRESH, BUY).closed_s is None


def test_flapping_counts_until_it_stops() -> None:
    """Up for three seconds in the middle is not recovery."""
    ledger = pages(0, 4, "http") + pages(4, 7) + pages(7, 12, "http") + pages(12, 40)
    assert outage(ledger, FAULT, FRESH, BROWSE).closed_s == pytest.approx(12.1)


def test_every_second_request_failing_is_an_outage() -> None:
    """One of two app servers is gone: each success has a failure beside it for ever."""
    ledger = [page(n * 0.5, "http" if n % 2 else "ok") for n in range(80)]
    assert outage(ledger, FAULT, FRESH, BROWSE).closed_s is None


def test_an_outage_that_begins_late_is_found() -> None:
    """The doors held for 15 s after the fault, then closed for 20."""
    ledger = pages(0, 15) + pages(15, 35, "timeout") + pages(35, 60)
    found = outage(ledger, FAULT, FRESH, BROWSE)
    assert found.closed_s == pytest.approx(35.1)
    assert (found.failed, found.strays) == (40, 0)


def test_one_stray_failure_much_later_is_counted_but_not_an_outage() -> None:
    ledger = [*pages(0, 3, "timeout"), *pages(3, 40), page(40, "timeout"), *pages(40.5, 60)]
    found = outage(ledger, FAULT, FRESH, BROWSE)
    assert found.closed_s == pytest.approx(3.1)
    assert (found.failed, found.strays) == (6, 1)


def test_two_failures_together_much_later_are_an_outage() -> None:
    ledger = [*pages(0, 3, "timeout"), *pages(3, 40), page(40, "timeout"), page(44, "timeout"), *pages(44.5, 60)]
    assert outage(ledger, FAULT, FRESH, BROWSE).closed_s == pytest.approx(44.6)


def test_a_single_failure_right_after_the_fault_is_no_stray() -> None:
    """The only buyer around: one try failed, the next went through."""
    ledger = [order(0.5, outcome="timeout", took=2.0), order(2.75, 2)]
    found = outage(ledger, FAULT, FRESH, BUY)
    assert found.closed_s == pytest.approx(2.85)


def test_a_request_under_way_at_the_fault_belongs_to_it() -> None:
    """It started before and failed after: that customer met the fault."""
    ledger = [page(-0.3, "reset", took=0.4), page(0.5)]
    found = outage(ledger, FAULT, FRESH, BROWSE)
    assert found.failed == 1
    assert found.closed_s == pytest.approx(0.6)


def test_a_success_that_began_before_the_last_failure_ends_nothing() -> None:
    """A slow answer from a door that has just closed: its success says nothing of what came after."""
    ledger = [page(0, "timeout", took=2.0), page(1.0, took=3.0), page(2.0, "timeout", took=2.0), page(5.0)]
    assert outage(ledger, FAULT, FRESH, BROWSE).closed_s == pytest.approx(5.1)


def test_failures_before_the_fault_are_not_its_doing() -> None:
    assert outage([page(-3, "timeout", took=1.0), *pages(0, 20)], FAULT, FRESH, BROWSE).closed_s == 0.0


def test_populations_and_kinds_have_clocks_of_their_own() -> None:
    ledger = [
        *pages(0, 4, "timeout"),
        *pages(4, 40),
        order(0.0, outcome="timeout", took=2.0),
        order(4.0, outcome="http"),
        order(6.0, 2, region="sfo3", epoch=2),
        page(0, "timeout", population=CACHED),
        page(29, "timeout", population=CACHED),
        page(30, population=CACHED),
        order(28, 3, outcome="timeout", population=CACHED),
        order(31, 3, population=CACHED, region="sfo3", epoch=2),
    ]
    found = clocks(ledger, FAULT)
    assert found.browse.closed_s == pytest.approx(4.1)
    assert found.buy.closed_s == pytest.approx(6.1)
    assert found.browse_cached.closed_s == pytest.approx(30.1)
    # One failure, long after the fault and by itself: as the buyer of this population saw only that, it is a stray.
    assert found.buy_cached.closed_s == 0.0
    assert found.buy_cached.strays == 1


def test_first_order_is_of_a_new_epoch() -> None:
    """A late acknowledgement of the old writer is no sign of life of the new one."""
    ledger = [order(-1, 1), order(0.2, 2), order(6.0, 3, region="sfo3", epoch=2)]
    assert first_order_s(ledger, FAULT) == pytest.approx(6.1)
    assert first_order_s(ledger[:2], FAULT) is None


def test_writers_that_follow_each_other_do_not_overlap() -> None:
    assert writers_overlap_s([order(-5, 1), order(-1, 2), order(6, 3, region="sfo3", epoch=2)]) == 0.0


def test_writers_at_the_same_time_are_seen() -> None:
    """The old region acknowledged until 9 s, the new one from 6 s on."""
    ledger = [order(-5, 1), order(6, 2, region="sfo3", epoch=2), order(9, 3), order(20, 4, region="sfo3", epoch=2)]
    assert writers_overlap_s(ledger) == pytest.approx(3.0)


def test_one_late_acknowledgement_of_the_old_writer_is_an_overlap() -> None:
    """The smallest split: a single order of epoch 1 acknowledged after the first of epoch 2."""
    ledger = [order(-5, 1), order(6, 2, region="sfo3", epoch=2), order(6.2, 3), order(9, 4, region="sfo3", epoch=2)]
    assert writers_overlap_s(ledger) == pytest.approx(0.2)


def test_a_failback_under_a_new_epoch_is_another_writer() -> None:
    ledger = [order(0, 1), order(10, 2, region="sfo3", epoch=2), order(20, 3, epoch=3), order(30, 4, epoch=3)]
    assert writers_overlap_s(ledger) == 0.0


def test_quiet_needs_every_kind_and_no_failure() -> None:
    good = [page(7.0), order(8.0, 1)]
    now = FAULT + 10
    assert quiet_since(good, FAULT, now, 5.0)
    assert not quiet_since([*good, page(9.0, "timeout")], FAULT, now, 5.0)
    assert not quiet_since(good[:1], FAULT, now, 5.0)
    assert not quiet_since(good, FAULT, now, 5.0, everybody=True)
    assert not quiet_since(good, FAULT, FAULT + 4, 5.0)
