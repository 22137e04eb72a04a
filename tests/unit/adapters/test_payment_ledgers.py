"""Stripe and PayPal through their own libraries, against servers that speak their list endpoints."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from providers import Paypal, Stripe, serving

from farshore.adapters.paypal_ledger import PaypalLedger
from farshore.adapters.stripe_ledger import StripeLedger
from farshore.model.failure import Refused, RetryLater
from farshore.ports.payment_ledger import Payment, Statement

NOON_S = 1_795_003_200.0
DAY_S = 86400.0


@pytest.fixture
def stripe() -> Iterator[Stripe]:
    with serving(Stripe()) as served:
        assert isinstance(served, Stripe)
        yield served


@pytest.fixture
def paypal() -> Iterator[Paypal]:
    with serving(Paypal()) as served:
        assert isinstance(served, Paypal)
        yield served


def _stripe(server: Stripe, key: str = "rk_test_1") -> Statement:
    return asyncio.run(StripeLedger(key, server.url).statement(NOON_S - DAY_S, NOON_S))


def _paypal(server: Paypal, secret: str = "secret", since_s: float = NOON_S - DAY_S) -> Statement:
    return asyncio.run(PaypalLedger("client", secret, server.url).statement(since_s, NOON_S))


def _charge(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"ch_{number}",
        "amount": 3250,
        "amount_captured": 3250,
        "amount_refunded": 0,
        "captured": True,
        "paid": True,
        "status": "succeeded",
        "currency": "eur",
        "created": int(NOON_S) - 3600 + number,
        "payment_intent": {"id": f"pi_{number}", "object": "payment_intent", "metadata": {}},
        "metadata": {},
        "refunds": {"object": "list", "data": []},
        **more,
    }


def test_stripe_all_pages_are_read(stripe: Stripe) -> None:
    stripe.items = [_charge(number) for number in range(250)]
    found = _stripe(stripe)
    assert len({payment.id for payment in found.payments}) == 250
    assert len(stripe.asked) == 3
    assert found.whole_until_s == NOON_S


def test_stripe_what_the_shop_wrote_comes_along(stripe: Stripe) -> None:
    written = {"order_id": "77", "order_key": "wc_order_a", "site_url": "https://shop.example.com/de"}
    intent = {"id": "pi_1", "object": "payment_intent", "metadata": written}
    stripe.items = [_charge(1, payment_intent=intent, billing_details={"name": "Ada"})]
    (payment,) = _stripe(stripe).payments
    assert payment == Payment(
        "stripe", "ch_1", Decimal("32.50"), "EUR", NOON_S - 3599, ("pi_1",), "wc_order_a", 77, "Ada", "shop.example.com"
    )


@pytest.mark.parametrize(
    ("currency", "amount"), [("usd", "32.50"), ("jpy", "3250"), ("kwd", "3.250"), ("ugx", "32.50")]
)
def test_stripe_amounts_are_in_the_smallest_unit(stripe: Stripe, currency: str, amount: str) -> None:
    stripe.items = [_charge(1, currency=currency)]
    assert _stripe(stripe).payments[0].amount == Decimal(amount)


def test_stripe_only_money_counts(stripe: Stripe) -> None:
    """Five attempts at one intent: four cards were declined."""
    declined = [_charge(number, paid=False, status="failed") for number in range(4)]
    stripe.items = [*declined, _charge(4)]
    assert [payment.id for payment in _stripe(stripe).payments] == ["ch_4"]


def test_stripe_refunds_beyond_those_listed_are_counted_by_their_sum(stripe: Stripe) -> None:
    listed = [
        {"id": "re_1", "amount": 1000, "created": int(NOON_S), "status": "succeeded"},
        {"id": "re_2", "amount": 250, "created": int(NOON_S), "status": "failed"},
    ]
    stripe.items = [_charge(1, amount_refunded=3250, refunds={"object": "list", "data": listed})]
    (payment,) = _stripe(stripe).payments
    assert [one.amount for one in payment.paid_back] == [Decimal("10.00"), Decimal("22.50")]
    assert not payment.stands


def test_stripe_a_bad_key_is_refused_with_the_remedy_and_without_the_key(stripe: Stripe) -> None:
    with pytest.raises(Refused, match="stripe_key_file") as error:
        _stripe(stripe, "rk_wrong_secret")
    assert "rk_wrong_secret" not in str(error.value)


def test_stripe_too_often_is_later(stripe: Stripe) -> None:
    stripe.instead = [(429, {"error": {"type": "rate_limit_error", "message": "Too many requests"}})] * 5
    with pytest.raises(RetryLater, match="too often"):
        _stripe(stripe)


def test_stripe_a_hiccup_is_tried_again(stripe: Stripe) -> None:
    stripe.items = [_charge(1)]
    stripe.instead = [(500, {"error": {"type": "api_error", "message": "oops"}})]
    assert len(_stripe(stripe).payments) == 1


def test_stripe_nobody_there_is_later() -> None:
    with serving(Stripe()) as gone:
        url = gone.url
    with pytest.raises(RetryLater, match="cannot be asked"):
        asyncio.run(StripeLedger("rk_test_1", url).statement(0, NOON_S))


def _sale(number: int, **more: Any) -> dict[str, Any]:
    return {
        "transaction_id": f"SALE{number}",
        "transaction_event_code": "T0006",
        "transaction_initiation_date": _at(NOON_S - 40000 + number),
        "transaction_amount": {"currency_code": "EUR", "value": "32.50"},
        "transaction_status": "S",
        "invoice_id": f"WC-{number}",
        **more,
    }


def _at(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def test_paypal_all_pages_and_months_are_read(paypal: Paypal) -> None:
    paypal.items = [_sale(number) for number in range(1100)]
    paypal.items.append(_sale(5000, transaction_initiation_date=_at(NOON_S - 60 * DAY_S)))
    found = _paypal(paypal, since_s=NOON_S - 70 * DAY_S)
    assert len({payment.id for payment in found.payments}) == 1101
    assert found.whole_until_s == NOON_S - 3 * 3600, "the youngest may not be listed yet"


def test_paypal_more_than_it_lists_is_asked_for_in_pieces(paypal: Paypal) -> None:
    paypal.items, paypal.listed_max = [_sale(number * 60) for number in range(300)], 100
    assert len(_paypal(paypal).payments) == 300


@pytest.mark.parametrize(
    ("custom", "invoice", "key", "number"),
    [
        ('{"order_id":77,"order_key":"wc_order_a"}', "", "wc_order_a", 77),
        ("77", "", "", 77),
        ("", "WC-77", "", 77),
        ("", "", "", 0),
        ("not json {", "INV", "", 0),
    ],
)
def test_paypal_the_order_is_read_from_what_the_shop_wrote(
    paypal: Paypal, custom: str, invoice: str, key: str, number: int
) -> None:
    paypal.items = [_sale(1, custom_field=custom, invoice_id=invoice)]
    (payment,) = _paypal(paypal).payments
    assert (payment.order_key, payment.order_id) == (key, number)


def test_paypal_refunds_belong_to_their_payment(paypal: Paypal) -> None:
    back = {
        "transaction_event_code": "T1107",
        "transaction_amount": {"currency_code": "EUR", "value": "-5.00"},
        "paypal_reference_id": "SALE1",
        "paypal_reference_id_type": "TXN",
    }
    fee = {"transaction_event_code": "T0106", "transaction_amount": {"currency_code": "EUR", "value": "-0.35"}}
    paypal.items = [_sale(1), _sale(2, **back), _sale(3, **fee), _sale(4, transaction_status="D"), _sale(5)]
    paypal.items[4]["transaction_status"] = "V"
    found = {payment.id: payment for payment in _paypal(paypal).payments}
    assert set(found) == {"SALE1", "SALE5"}
    assert (found["SALE1"].returned, found["SALE1"].stands) == (Decimal("5.00"), True)
    assert not found["SALE5"].stands


def test_paypal_a_bad_client_is_refused_with_the_remedy_and_without_the_secret(paypal: Paypal) -> None:
    with pytest.raises(Refused, match="paypal_client_file") as error:
        _paypal(paypal, "wrong-secret")
    assert "wrong-secret" not in str(error.value)


def test_paypal_no_permission_is_refused(paypal: Paypal) -> None:
    paypal.instead = [(403, {"name": "NOT_AUTHORIZED", "message": "Authorization failed"})] * 3
    with pytest.raises(Refused, match="Transaction search"):
        _paypal(paypal)


def test_paypal_too_often_is_later(paypal: Paypal) -> None:
    paypal.instead = [(429, {"name": "RATE_LIMIT_REACHED"})] * 9
    with pytest.raises(RetryLater, match="too often"):
        _paypal(paypal)


def test_paypal_nobody_there_is_later() -> None:
    with serving(Paypal()) as gone:
        url = gone.url
    with pytest.raises(RetryLater, match="cannot be reached"):
        asyncio.run(PaypalLedger("client", "secret", url).statement(NOON_S - 60, NOON_S))
