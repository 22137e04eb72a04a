"""Stripe's own list of charges. Implements the payment ledger port.

Charges and not payment intents: a charge is money, an intent may be tried five times and never be paid. The intent
comes along, for it carries what the shop wrote on it.
"""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import stripe

from farshore.model.failure import Failure, Refused, RetryLater
from farshore.ports.payment_ledger import PaidBack, Payment, Statement

API = "https://api.stripe.com"
_PAGE = 100
_TIMEOUT_S = 30.0
# Amounts come in the currency's smallest unit. ISK and UGX have none and come in hundredths all the same.
_NO_DECIMALS = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
_THREE_DECIMALS = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))


class StripeLedger:
    name = "stripe"
    methods = ("stripe", "woocommerce_gateway_stripe")

    def __init__(self, key: str, api: str = API) -> None:
        """`key` needs to read charges and payment intents, and nothing else."""
        stripe.enable_telemetry = False
        self._client = stripe.StripeClient(
            key,
            base_addresses={"api": api},
            max_network_retries=2,
            http_client=stripe.RequestsClient(timeout=_TIMEOUT_S),
        )

    async def statement(self, since_s: float, until_s: float) -> Statement:
        return await asyncio.to_thread(self._statement, since_s, until_s)

    def _statement(self, since_s: float, until_s: float) -> Statement:
        params: Any = {
            "created": {"gte": int(since_s), "lte": int(until_s) + 1},
            "limit": _PAGE,
            "expand": ["data.payment_intent", "data.refunds"],
        }
        try:
            charges = self._client.v1.charges.list(params=params)
            found = [_payment(charge.to_dict()) for charge in charges.auto_paging_iter()]
        except stripe.StripeError as error:
            raise _failure(error) from error
        return Statement(tuple(payment for payment in found if payment is not None), until_s)


def _failure(error: stripe.StripeError) -> Failure:
    said = (error.user_message or type(error).__name__).rstrip(".")
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        return Refused(
            f"Stripe does not accept the key: {said}.",
            "Give stores[].payments.stripe_key_file a restricted key that may read charges and payment intents.",
        )
    if isinstance(error, stripe.InvalidRequestError):
        return Refused(f"Stripe refuses the question: {said}.", "Look at Stripe's log of requests.")
    if isinstance(error, stripe.RateLimitError):
        return RetryLater(f"Stripe is asked too often: {said}.", "Repeat in a minute.", 5.0)
    return RetryLater(f"Stripe cannot be asked now: {said}.", "Repeat in a minute.", 5.0)


def _payment(charge: Mapping[str, Any]) -> Payment | None:
    if not charge.get("paid") or charge.get("status") not in ("succeeded", "pending"):
        return None
    intent = charge.get("payment_intent")
    expanded: Mapping[str, Any] = intent if isinstance(intent, Mapping) else {}
    intent_id = str(expanded.get("id") or (intent if isinstance(intent, str) else ""))
    written = {**(expanded.get("metadata") or {}), **(charge.get("metadata") or {})}
    currency = str(charge["currency"]).upper()
    taken = charge.get("amount_captured") if charge.get("captured") else None
    number = str(written.get("order_id", ""))
    details = charge.get("billing_details") or {}
    return Payment(
        provider="stripe",
        id=str(charge["id"]),
        also=(intent_id,) if intent_id else (),
        amount=_money(taken or charge["amount"], currency),
        currency=currency,
        at_s=float(charge["created"]),
        order_key=str(written.get("order_key", "")),
        order_id=int(number) if number.isascii() and number.isdecimal() else 0,
        payer=str(details.get("name") or details.get("email") or written.get("customer_email") or ""),
        site=urlsplit(str(written.get("site_url", ""))).hostname or "",
        paid_back=_paid_back(charge, currency),
    )


def _paid_back(charge: Mapping[str, Any], currency: str) -> tuple[PaidBack, ...]:
    """A charge lists ten of its refunds at most; the rest is known by its sum."""
    listed = (charge.get("refunds") or {}).get("data") or []
    found = [
        PaidBack(str(refund["id"]), _money(refund["amount"], currency), float(refund["created"]))
        for refund in listed
        if refund.get("status") not in ("failed", "canceled")
    ]
    rest = _money(charge.get("amount_refunded") or 0, currency) - sum((one.amount for one in found), Decimal(0))
    if rest > 0:
        found.append(PaidBack(f"{charge['id']}-others", rest, float(charge["created"])))
    return tuple(found)


def _money(units: int, currency: str) -> Decimal:
    decimals = 0 if currency in _NO_DECIMALS else 3 if currency in _THREE_DECIMALS else 2
    return Decimal(units).scaleb(-decimals)
