"""An order as the journal and the shop's database tell it, read into values that can be compared.

Both come from PHP, where 12.9, "12.90" and 12.90 are the same amount and an empty list is an empty object.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

BEGUN = frozenset({"", "new", "auto-draft", "checkout-draft", "draft", "pending"})
"""Statuses of an order that nobody has taken yet."""

WITHDRAWN = frozenset({"trash", "deleted"})
STAGES = ("on-hold", "processing", "completed", "refunded")
"""What an order passes through once it is taken; later is further."""

TOTALS = ("total", "discount_total", "shipping_total", "cart_tax", "shipping_tax")


@dataclass(frozen=True, slots=True)
class Item:
    id: int
    type: str
    name: str
    product_id: int
    variation_id: int
    quantity: Decimal
    total: Decimal

    @property
    def what(self) -> str:
        return (
            f"{self.quantity.normalize():f} x {self.name}" if self.type == "line_item" else f"{self.type} {self.name}"
        )


@dataclass(frozen=True, slots=True)
class Refunded:
    id: int
    amount: Decimal
    created_s: float | None
    of: str  # which refund of the journal this one was made from; empty: it is an original
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    key: str
    id: int
    status: str  # without `wc-`
    currency: str
    totals: Mapping[str, Decimal]
    created_s: float | None
    paid_s: float | None
    payment_method: str
    transactions: frozenset[str]  # every id by which a provider may know it
    transaction_id: str
    billing: Mapping[str, str]
    shipping: Mapping[str, str]
    items: tuple[Item, ...]
    refunds: tuple[Refunded, ...]
    stock_reduced: bool
    held: bool  # put on hold by an earlier reconciliation
    raw: Mapping[str, Any]

    @property
    def total(self) -> Decimal:
        return self.totals["total"]

    @property
    def customer(self) -> str:
        name = f"{self.billing.get('first_name', '')} {self.billing.get('last_name', '')}".strip()
        return name or self.billing.get("email", "") or "a guest without a name"

    @property
    def begun(self) -> bool:
        return self.status in BEGUN


# Where the common gateways keep what their provider calls the payment.
_TRANSACTION_META = ("_stripe_intent_id", "_intent_id", "_charge_id", "_ppcp_paypal_order_id", "_paypal_order_id")


def read_order(value: object) -> Order:
    """Raises ValueError for what is no order, or lacks what tells it from others."""
    if not isinstance(value, Mapping):
        raise ValueError("An order is a JSON object.")
    key = value.get("order_key")
    if not isinstance(key, str) or not key:
        raise ValueError("An order has an order_key.")
    transaction_id = _text(value.get("transaction_id"))
    meta = _meta(value.get("meta"))
    named = {transaction_id, *(meta.get(name, "") for name in _TRANSACTION_META)} - {""}
    return Order(
        key=key,
        id=_whole(value.get("id")),
        status=_text(value.get("status")).removeprefix("wc-"),
        currency=_text(value.get("currency")),
        totals={name: amount(value.get(name)) for name in TOTALS},
        created_s=moment(value.get("created_gmt")),
        paid_s=moment(value.get("paid_gmt")),
        payment_method=_text(value.get("payment_method")),
        transactions=frozenset(named),
        transaction_id=transaction_id,
        billing=_address(value.get("billing")),
        shipping=_address(value.get("shipping")),
        items=tuple(_item(item) for item in _list(value.get("items"))),
        refunds=tuple(_refund(refund) for refund in _list(value.get("refunds"))),
        stock_reduced=_flag(value.get("stock_reduced")),
        held="_farshore_held" in meta,
        raw=value,
    )


def amount(value: object) -> Decimal:
    """Nothing, or what is no number, is 0: a database that lost a column's value shows it so."""
    try:
        found = Decimal(str(value)) if value not in (None, "") else Decimal(0)
    except InvalidOperation:
        return Decimal(0)
    return found if found.is_finite() else Decimal(0)


def moment(value: object) -> float | None:
    """Seconds since 1970, of a number or of an ISO time in UTC."""
    if value in (None, "", 0, "0", "0000-00-00 00:00:00"):
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    try:
        found = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _item(value: Mapping[str, Any]) -> Item:
    return Item(
        id=_whole(value.get("id")),
        type=_text(value.get("type")) or "line_item",
        name=_text(value.get("name")),
        product_id=_whole(value.get("product_id")),
        variation_id=_whole(value.get("variation_id")),
        quantity=amount(value.get("quantity")),
        # A coupon calls it its discount, a tax its tax total.
        total=next((amount(value[name]) for name in ("total", "discount", "tax_total") if name in value), Decimal(0)),
    )


def _refund(value: Mapping[str, Any]) -> Refunded:
    of = _meta(value.get("meta")).get("_farshore_refund_of", "")
    return Refunded(
        _whole(value.get("id")), abs(amount(value.get("amount"))), moment(value.get("created_gmt")), of, value
    )


def _address(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        return {}
    return {str(name): _text(part).strip() for name, part in value.items() if _text(part).strip()}


def _meta(value: object) -> dict[str, str]:
    return {_text(one.get("key")): _text(one.get("value")) for one in _list(value)}


def _list(value: object) -> Sequence[Mapping[str, Any]]:
    found = list(value.values()) if isinstance(value, Mapping) else value
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _whole(value: object) -> int:
    text = _text(value)
    return int(text) if text.isascii() and text.isdecimal() else 0


def _flag(value: object) -> bool:
    return value is True or value in (1, "1", "yes", "true")
