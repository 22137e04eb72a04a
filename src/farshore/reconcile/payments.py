"""Which payment belongs to which order. By what names an order, and never by a number alone: numbers are used again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from farshore.ports.payment_ledger import Payment, PaymentLedger, Statement
from farshore.reconcile.facts import MoneyFacts, Paid, Returned
from farshore.reconcile.order import Order

_CENT = Decimal("0.005")
_SAME_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Told:
    """One provider's word for the time in question."""

    ledger: str
    methods: tuple[str, ...]
    since_s: float
    statement: Statement

    def keeps(self, method: str) -> bool:
        return method.startswith(self.methods)


async def ask(ledgers: Sequence[PaymentLedger], domain: str, since_s: float, until_s: float) -> tuple[Told, ...]:
    """What the providers say, without the payments of other shops that share an account."""
    told = []
    for ledger in ledgers:
        statement = await ledger.statement(since_s, until_s)
        ours = tuple(payment for payment in statement.payments if payment.site in ("", domain))
        told.append(Told(ledger.name, ledger.methods, since_s, replace(statement, payments=ours)))
    return tuple(told)


def assign(
    payments: Iterable[Payment], orders: Mapping[str, Sequence[Order]], keys_in_shop: Mapping[str, str]
) -> dict[str, list[Payment]]:
    """Payments by order_key; one that belongs to none is under `payment:ID`.

    `orders` is what journal and database know of each key. The provider's own word for the key comes first, then a
    shop that names the payment, and last of all a number, if amount, currency and hour fit too.
    """
    by_name = {name: key for key, known in orders.items() for order in known for name in order.transactions}
    by_number: dict[int, list[tuple[str, Order]]] = {}
    for key, known in orders.items():
        for order in known:
            by_number.setdefault(order.id, []).append((key, order))
    found: dict[str, list[Payment]] = {}
    for payment in payments:
        names = (payment.id, *payment.also)
        key = payment.order_key or next((by_name[name] for name in names if name in by_name), "")
        key = key or next((keys_in_shop[name] for name in names if keys_in_shop.get(name)), "")
        key = key or _by_number(payment, by_number.get(payment.order_id, ()) if payment.order_id else ())
        found.setdefault(key or f"payment:{payment.id}", []).append(payment)
    return found


def _by_number(payment: Payment, candidates: Sequence[tuple[str, Order]]) -> str:
    fitting = {key for key, order in candidates if _fits(payment, order)}
    return fitting.pop() if len(fitting) == 1 else ""


def _fits(payment: Payment, order: Order) -> bool:
    if order.currency.upper() != payment.currency or abs(order.total - payment.amount) >= _CENT:
        return False
    return order.created_s is None or abs(order.created_s - payment.at_s) <= _SAME_HOUR_S


def paid(payments: Sequence[Payment], order: Order | None, heard_s: float, told: Sequence[Told]) -> Paid:
    """`heard_s` is when the order was last heard of. A list that does not span all its life proves no absence."""
    if any(payment.stands for payment in payments):
        return Paid.PAID
    if payments:
        return Paid.RETURNED
    if order is None or not order.payment_method:
        return Paid.UNASKED
    began_s = order.created_s if order.created_s is not None else 0.0
    keepers = [one for one in told if one.keeps(order.payment_method)]
    spanned = all(one.since_s <= began_s and heard_s <= one.statement.whole_until_s for one in keepers)
    return Paid.NONE if keepers and spanned else Paid.UNASKED


def money(payments: Sequence[Payment], order: Order | None, lacks_refund: bool) -> MoneyFacts:
    """`order` as the database holds it; None where there is none."""
    standing = [payment for payment in payments if payment.stands]
    returned = Returned.RIGHT
    if lacks_refund:
        returned = Returned.JOURNALLED
    elif order is not None and unrecorded(payments, order) > 0:
        returned = Returned.PROVIDER_ONLY
    right = order is None or not standing or any(abs(one.amount - order.total) < _CENT for one in standing)
    return MoneyFacts(len(standing) > 1, returned, right)


def unrecorded(payments: Sequence[Payment], order: Order) -> Decimal:
    """What was paid back of payments that stand in part, and the order has no refund for.

    A payment that was paid back whole beside one that stands is a second attempt undone, not a refund of the order.
    """
    whole = [payment for payment in payments if payment.stands] or list(payments)
    back = sum((one.amount for payment in whole for one in payment.paid_back), Decimal(0))
    missing = back - sum((refund.amount for refund in order.refunds), Decimal(0))
    return missing if missing >= _CENT else Decimal(0)
