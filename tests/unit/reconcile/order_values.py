"""An order as the shop journals it, and ways to change one."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from farshore.reconcile.order import Order, read_order
from farshore.reconcile.witness import Entry

KEY = "wc_order_a"
AT_S = 1_795_000_000.0

TOLD: dict[str, Any] = {
    "order_key": KEY,
    "id": 77,
    "status": "processing",
    "currency": "EUR",
    "created_gmt": "2026-11-18 11:06:40",
    "paid_gmt": "2026-11-18 11:06:45",
    "payment_method": "stripe",
    "transaction_id": "ch_1",
    "total": "32.50",
    "discount_total": "0",
    "shipping_total": "5",
    "cart_tax": "0",
    "shipping_tax": "0",
    "billing": {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com", "company": ""},
    "shipping": {"first_name": "Ada", "city": "London"},
    "items": [
        {"id": 1, "type": "line_item", "name": "Lantern", "product_id": 5, "quantity": 2, "total": "20"},
        {"id": 2, "type": "line_item", "name": "Rope", "product_id": 6, "quantity": 3, "total": "7.5"},
        {"id": 3, "type": "shipping", "name": "Ferry", "total": "5"},
    ],
    "meta": [{"key": "_stripe_intent_id", "value": "pi_1"}],
    "notes": [],
    "refunds": [],
    "stock_reduced": True,
}


def told(**changes: Any) -> dict[str, Any]:
    return deepcopy(TOLD) | changes


def order(**changes: Any) -> Order:
    return read_order(told(**changes))


def entry(
    kind: str, at_ms: int = 1000, epoch: int = 1, whole: Mapping[str, Any] | None = TOLD, key: str = KEY
) -> Entry:
    return Entry(key, kind, at_ms, epoch, 77, "32.50", "EUR", whole)
