"""What the journal's lines say of an order."""

from order_values import KEY, TOLD, entry, told

from farshore.reconcile import witness
from farshore.reconcile.witness import Told, in_window


def test_an_acknowledgement_is_the_last_word() -> None:
    found = witness.testimonies([entry("ack", 2000), entry("intent", 1000, whole=told(status="pending"))])[KEY]
    assert found.told is Told.TAKEN
    assert found.order is not None
    assert found.order.status == "processing"


def test_a_later_intent_does_not_make_an_order_pending_again() -> None:
    found = witness.testimonies([entry("ack", 2000), entry("intent", 3000, whole=told(status="pending"))])[KEY]
    assert (found.told, found.order and found.order.status) == (Told.TAKEN, "processing")


def test_a_change_says_that_the_shop_took_it() -> None:
    """A webhook completes an order whose customer closed the browser: there is no acknowledgement."""
    found = witness.testimonies([entry("intent", 1000, whole=told(status="pending")), entry("change", 2000)])[KEY]
    assert found.told is Told.TAKEN
    failed = [entry("intent", 1000, whole=told(status="pending")), entry("change", 2000, whole=told(status="failed"))]
    assert witness.testimonies(failed)[KEY].told is Told.INTENT


def test_an_order_that_was_thrown_away_stays_away() -> None:
    assert (
        witness.testimonies([entry("ack"), entry("change", 2000, whole=told(status="trash"))])[KEY].told
        is Told.WITHDRAWN
    )


def test_what_cannot_be_opened_still_counts() -> None:
    found = witness.testimonies([entry("ack", whole=None)])[KEY]
    assert (found.told, found.order, found.unreadable, found.total) == (Told.TAKEN, None, 1, "32.50")


def test_a_box_with_another_order_in_it_is_not_believed() -> None:
    assert witness.testimonies([entry("ack", whole=told(order_key="wc_order_other"))])[KEY].order is None


def test_the_same_line_from_two_servers_is_one_and_the_readable_one_wins() -> None:
    found = witness.testimonies([entry("ack", whole=None), entry("ack", whole=TOLD), entry("ack", whole=None)])[KEY]
    assert (found.unreadable, found.order is not None) == (0, True)


def test_a_checkout_that_may_still_be_running_is_not_judged() -> None:
    found = witness.testimonies([entry("intent", at_ms=1_000_000, epoch=3)])[KEY]
    assert not in_window(found, 0, now_ms=1_060_000, epoch=3, settled_ms=120_000)
    assert in_window(found, 0, now_ms=1_130_000, epoch=3, settled_ms=120_000)
    assert in_window(found, 0, now_ms=1_000_001, epoch=4, settled_ms=120_000), "its region sells no more"
    assert not in_window(found, 2_000_000, now_ms=3_000_000, epoch=4, settled_ms=120_000)
