"""What an interrupted write explains, and what only a person can have done."""

from typing import Any

import pytest
from order_values import TOLD, order, told

from farshore.reconcile.compare import Part, differences, missing_refunds
from farshore.reconcile.order import read_order

WITHOUT_LANTERN = TOLD["items"][1:]
EMPTY_LANTERN = [{"id": 1, "type": "line_item", "name": "Lantern", "quantity": 0, "total": ""}, *TOLD["items"][1:]]
REFUND = {"id": 90, "amount": "5.00", "created_gmt": "2026-11-19 10:00:00"}


def test_the_same_order_in_other_spellings_is_whole() -> None:
    items = {"9": TOLD["items"][0] | {"quantity": "2", "total": "20.00"}, "8": TOLD["items"][1], "7": TOLD["items"][2]}
    spelt = {"total": 32.5, "shipping_total": "5.00", "created_gmt": 1795000000, "items": items}
    assert differences(order(), order(**spelt)) == ()


@pytest.mark.parametrize(
    ("there", "part"),
    [
        ({"status": "checkout-draft"}, Part.STATUS),
        ({"status": "on-hold"}, Part.STATUS),
        ({"items": WITHOUT_LANTERN}, Part.ITEMS),
        ({"items": EMPTY_LANTERN}, Part.ITEMS),
        ({"total": "0"}, Part.TOTALS),
        ({"currency": ""}, Part.TOTALS),
        ({"billing": {}}, Part.ADDRESSES),
        ({"shipping": {"first_name": "Ada"}}, Part.ADDRESSES),
        ({"paid_gmt": None}, Part.PAID),
        ({"transaction_id": ""}, Part.PAID),
        ({"stock_reduced": False}, Part.STOCK),
    ],
)
def test_what_is_missing_is_explained(there: dict[str, Any], part: Part) -> None:
    found = differences(order(), order(**there))
    assert {one.part for one in found} == {part}
    assert all(one.explained for one in found)


@pytest.mark.parametrize(
    "there",
    [
        {"status": "cancelled"},
        {"status": "failed"},
        {"total": "31.00"},
        {"currency": "USD"},
        {"transaction_id": "ch_2"},
        {"billing": TOLD["billing"] | {"last_name": "Byron"}},
        {"items": [*TOLD["items"], {"id": 9, "type": "fee", "name": "Gift", "total": "1"}]},
        {"items": [TOLD["items"][0] | {"quantity": 1, "total": "10"}, *TOLD["items"][1:]]},
    ],
)
def test_what_stands_there_instead_is_a_persons_doing(there: dict[str, Any]) -> None:
    found = differences(order(), order(**there))
    assert len(found) >= 1
    assert not all(one.explained for one in found)


@pytest.mark.parametrize("further", ["completed", "refunded", "packed-by-hand"])
def test_an_order_that_has_gone_on_is_whole(further: str) -> None:
    assert differences(order(), order(status=further)) == ()


def test_of_an_order_that_was_only_begun_the_journal_knows_better() -> None:
    """A draft keeps what the cart held an hour ago: nobody has worked with it."""
    draft = order(status="checkout-draft", total="12.00", items=[TOLD["items"][0] | {"quantity": 1}])
    found = differences(order(), draft)
    assert {Part.STATUS, Part.TOTALS, Part.ITEMS} <= {one.part for one in found}
    assert all(one.explained for one in found)


def test_a_held_order_is_not_pushed_on() -> None:
    """Else the second run would send out what the first one kept back."""
    held = {"status": "on-hold", "meta": [{"key": "_farshore_held", "value": "R32"}], "paid_gmt": None}
    assert differences(order(), order(**held)) == ()


def test_two_lines_of_one_product_are_told_apart() -> None:
    lines = [
        {"id": 1, "type": "line_item", "name": "Rope", "product_id": 6, "quantity": 2, "total": "5"},
        {"id": 2, "type": "line_item", "name": "Rope", "product_id": 6, "quantity": 3, "total": "7.5"},
    ]
    (missing,) = differences(order(items=lines), order(items=[lines[1] | {"id": 44}]))
    assert (missing.journal, missing.database, missing.explained) == ("2 x Rope", "", True)


def test_a_refund_counts_once() -> None:
    twice = read_order(told(refunds=[REFUND, REFUND | {"id": 91, "created_gmt": "2026-11-19 11:00:00"}]))
    assert [one.id for one in missing_refunds(twice, order(refunds=[REFUND | {"id": 12}]))] == [91]
    ours = REFUND | {
        "id": 12,
        "created_gmt": "2026-11-23 10:00:00",
        "meta": [{"key": "_farshore_refund_of", "value": "91"}],
    }
    assert [one.id for one in missing_refunds(twice, order(refunds=[ours]))] == [90]
