"""Each acknowledged order's fate, against rows made by hand: lost, doubled, damaged, and what only looks like it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from ledgers import FAULT, order
from rows import row

from farshore.drills.orders import Row, fate


def test_whole_orders_are_present() -> None:
    found = fate([order(0, 1), order(1, 2)], [row(1), row(2)], FAULT)
    assert (found.acknowledged, found.present, found.whole) == (2, 2, True)


def test_what_nobody_acknowledged_is_nobodys_loss() -> None:
    """An attempt that timed out may be there, half there or absent: its customer was told nothing."""
    half = replace(row(2), status="pending", items=0, items_total=Decimal(0), meta=0)
    found = fate([order(0, 1), order(1, 2, outcome="timeout"), order(2, 3, outcome="timeout")], [row(1), half], FAULT)
    assert (found.acknowledged, found.present, found.whole) == (1, 1, True)


def test_lost_is_named_by_key() -> None:
    found = fate([order(0, 1), order(1, 2)], [row(1)], FAULT)
    assert len(found.lost) == 1
    assert found.lost[0].startswith("order_2 (id 1002, nyc3, epoch 1)")
    assert not found.whole


@pytest.mark.parametrize(("ended", "beyond"), [(-0.004, 0), (-0.24, 0), (-0.3, 1), (-60.0, 1), (0.05, 0), (0.5, 1)])
def test_lost_in_flight_is_told_from_lost_otherwise(ended: float, beyond: int) -> None:
    """Asynchronous replication explains only the last instant before the fault."""
    found = fate([order(ended - 0.1, 1)], [], FAULT)
    assert len(found.lost) == 1
    assert found.beyond_replication == beyond


@pytest.mark.parametrize(("ended", "beyond"), [(-0.004, 0), (-60.0, 1)])
def test_half_an_order_in_flight_is_told_from_half_an_order_otherwise(ended: float, beyond: int) -> None:
    found = fate([order(ended - 0.1, 1)], [replace(row(1), status="pending")], FAULT)
    assert len(found.damaged) == 1
    assert found.beyond_replication == beyond


def test_an_order_under_a_reused_id_does_not_hide_the_lost_one() -> None:
    """After a promotion without a jump of ids, id 1001 is given to another customer."""
    other = replace(row(1), order_key="order_9", token="p9-1")
    found = fate([order(0, 1)], [other], FAULT)
    assert len(found.lost) == 1


def test_doubled_rows() -> None:
    assert len(fate([order(0, 1)], [row(1), replace(row(1), id=2001)], FAULT).doubled) == 1


def test_one_attempt_written_twice_under_two_keys() -> None:
    assert len(fate([order(0, 1)], [row(1), replace(row(1), id=2001, order_key="order_8")], FAULT).doubled) == 1


def test_two_customers_with_one_id() -> None:
    second = replace(order(5, 2), order_id=1001)
    found = fate([order(0, 1), second], [row(1), replace(row(2), id=1001)], FAULT)
    assert len(found.doubled) == 2


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"items": 0, "items_total": Decimal(0)}, "has no items"),
        ({"items_total": Decimal("10.00")}, "total of 12.50 and items for 10.00"),
        ({"total": Decimal("9.00"), "items_total": Decimal("9.00")}, "acknowledged over 12.50"),
        ({"meta": 2}, "2 of 3 facts"),
        ({"status": "pending"}, "status pending"),
        ({"id": 7}, "is id 7"),
        ({"token": "p5-1"}, "another customer"),
    ],
)
def test_damaged(change: dict[str, object], why: str) -> None:
    """Present by key but not whole: each part that may be missing is noticed."""
    found = fate([order(0, 1)], [replace(row(1), **change)], FAULT)  # type: ignore[arg-type]
    assert len(found.damaged) == 1
    assert why in found.damaged[0]
    assert found.present == 0


def test_a_customer_who_tried_again_and_got_both_is_told_of_but_not_a_failure() -> None:
    """The answer of attempt 1 was lost after its last write; the customer pressed again."""
    again = replace(order(3, 1), token="p1-2", order_key="order_2", order_id=1002)
    rows = [row(1), replace(row(2), token="p1-2")]
    found = fate([again], rows, FAULT)
    assert (found.present, found.bought_twice, found.whole) == (1, 1, True)


def test_totals_compare_as_money_and_not_as_text() -> None:
    assert fate([order(0, 1)], [replace(row(1), total=Decimal("12.5000"))], FAULT).whole


def test_rows_from_a_database() -> None:
    body = {"id": 1001, "order_key": "k", "token": "t-1", "status": "processing", "total": "5.00", "items": "2"}
    made = Row.from_json(body | {"items_total": None, "meta": 3})
    assert (made.items, made.items_total) == (2, Decimal(0))
