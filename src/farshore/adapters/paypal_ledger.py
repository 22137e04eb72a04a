"""PayPal's own list of transactions. Implements the payment ledger port.

PayPal says that a transaction may take three hours to be listed, so the absence of a younger one proves nothing.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from paypalserversdk.configuration import Configuration, Environment, Server
from paypalserversdk.exceptions.api_exception import ApiException
from paypalserversdk.http.auth.o_auth_2 import ClientCredentialsAuthCredentials
from paypalserversdk.paypal_serversdk_client import PaypalServersdkClient

from farshore.model.failure import Failure, Refused, RetryLater
from farshore.ports.payment_ledger import PaidBack, Payment, Statement

API = "https://api-m.paypal.com"
SANDBOX = "https://api-m.sandbox.paypal.com"
_LISTED_AFTER_S = 3 * 3600.0
_RANGE_MAX_S = 31 * 86400.0 - 1  # of one question
_RANGE_MIN_S = 60.0
_PAGE = 500
_TIMEOUT_S = 30


class _At(Configuration):  # type: ignore[misc]
    """The library knows two addresses; tests have a third."""

    def __init__(self, api: str, **settings: Any) -> None:
        self._api = api
        super().__init__(environment=Environment.PRODUCTION, **settings)

    def get_base_uri(self, server: Server = Server.DEFAULT) -> str:
        return self._api


class PaypalLedger:
    name = "paypal"
    methods = ("ppcp", "paypal", "ppec_paypal")

    def __init__(self, client_id: str, client_secret: str, api: str = API) -> None:
        """The app needs the permission "Transaction search", and no other."""
        keys = ClientCredentialsAuthCredentials(
            o_auth_client_id=client_id, o_auth_client_secret=client_secret, o_auth_token_provider=_token
        )
        config = _At(
            api, timeout=_TIMEOUT_S, max_retries=2, backoff_factor=0.2, client_credentials_auth_credentials=keys
        )
        self._client = PaypalServersdkClient(config=config)

    async def statement(self, since_s: float, until_s: float) -> Statement:
        return await asyncio.to_thread(self._statement, since_s, until_s)

    def _statement(self, since_s: float, until_s: float) -> Statement:
        found: dict[str, Mapping[str, Any]] = {}
        whole_until_s = until_s - _LISTED_AFTER_S
        while since_s < until_s:
            end_s = min(since_s + _RANGE_MAX_S, until_s)
            for one in self._range(since_s, end_s):
                found.setdefault(str(one.get("transaction_id")), one)  # the same id may be listed twice
            since_s = end_s
        return Statement(tuple(_payments(list(found.values()))), whole_until_s)

    def _range(self, since_s: float, until_s: float) -> Iterator[Mapping[str, Any]]:
        page, pages = 1, 1
        while page <= pages:
            try:
                answer = self._page(since_s, until_s, page)
            except _TooMany:
                middle_s = (since_s + until_s) / 2
                if until_s - since_s < _RANGE_MIN_S:
                    raise Refused("PayPal has more transactions in one minute than it lists.") from None
                yield from self._range(since_s, middle_s)
                yield from self._range(middle_s, until_s)
                return
            pages = int(answer.get("total_pages") or 1)
            for one in answer.get("transaction_details") or ():
                yield one.get("transaction_info") or {}
            page += 1

    def _page(self, since_s: float, until_s: float, page: int) -> Mapping[str, Any]:
        asked = {
            "start_date": _text(since_s),
            "end_date": _text(until_s),
            "fields": "transaction_info",
            "balance_affecting_records_only": "Y",
            "page_size": _PAGE,
            "page": page,
        }
        try:
            response = self._client.transaction_search.search_transactions(asked)
            body = json.loads(response.text)
        except ApiException as error:
            raise _failure(error) from None
        except OSError as error:  # what requests raises is one
            raise RetryLater(f"PayPal cannot be reached: {type(error).__name__}.", "Repeat in a minute.", 5.0) from None
        except (ValueError, TypeError, AttributeError) as error:
            raise RetryLater("PayPal answers what cannot be read.", "Repeat in a minute.", 5.0) from error
        return body if isinstance(body, Mapping) else {}


def _token(_last: Any, client: Any) -> Any:
    """The library's own way, but for why there is none: it says "undefined or expired" of everything."""
    try:
        return client.fetch_token()
    except ApiException as error:
        raise _failure(error) from None


class _TooMany(Exception):
    """More than PayPal lists in one answer: ask for less time."""


def _failure(error: ApiException) -> Exception:
    try:
        said = json.loads(error.response.text)
    except ValueError:
        said = {}
    name = str(said.get("name") or said.get("error") or "")
    if name == "RESULTSET_TOO_LARGE":
        return _TooMany()
    told = f"{error.response_code} {name}".strip()
    if error.response_code == 429:
        return RetryLater(f"PayPal is asked too often ({told}).", "Repeat in a minute.", 5.0)
    if error.response_code in (401, 403) or name == "invalid_client":
        return Refused(
            f"PayPal does not accept the client, or it may not search transactions ({told}).",
            "Give stores[].payments.paypal_client_file the id and secret of an app with Transaction search.",
        )
    if error.response_code >= 500:
        return RetryLater(f"PayPal cannot be asked now ({told}).", "Repeat in a minute.", 5.0)
    return _refused(told)


def _refused(told: str) -> Failure:
    return Refused(f"PayPal refuses the question ({told}).", "Look at the app in PayPal's dashboard.")


def _payments(listed: list[Mapping[str, Any]]) -> Iterator[Payment]:
    """Event codes T00.. are payments, T11.. and T12.. are money that goes back and names what it belongs to."""
    backs: dict[str, list[PaidBack]] = {}
    for one in listed:
        code, amount = str(one.get("transaction_event_code", "")), _amount(one)
        if amount < 0 and code[:3] in ("T11", "T12") and one.get("transaction_status") in ("S", "P"):
            back = PaidBack(str(one["transaction_id"]), -amount, _seconds(one))
            backs.setdefault(str(one.get("paypal_reference_id")), []).append(back)
    for one in listed:
        code, amount, status = str(one.get("transaction_event_code", "")), _amount(one), one.get("transaction_status")
        if amount <= 0 or not code.startswith("T00") or status not in ("S", "P", "V"):
            continue
        number = str(one["transaction_id"])
        back_all = [PaidBack(f"{number}-reversed", amount, _seconds(one))]
        paid_back = backs.get(number) or (back_all if status == "V" else [])
        yield _payment(one, amount, tuple(paid_back))


def _payment(one: Mapping[str, Any], amount: Decimal, paid_back: tuple[PaidBack, ...]) -> Payment:
    key, number = _order(str(one.get("custom_field") or ""), str(one.get("invoice_id") or ""))
    order = one.get("paypal_reference_id") if one.get("paypal_reference_id_type") == "ODR" else None
    return Payment(
        provider="paypal",
        id=str(one["transaction_id"]),
        also=(str(order),) if order else (),
        amount=amount,
        currency=str(one["transaction_amount"].get("currency_code", "")).upper(),
        at_s=_seconds(one),
        order_key=key,
        order_id=number,
        paid_back=paid_back,
    )


def _order(custom: str, invoice: str) -> tuple[str, int]:
    """Gateways write the order's number alone, or number and key as JSON; the invoice ends in the number."""
    try:
        told = json.loads(custom) if custom else None
    except ValueError:
        told = None
    if isinstance(told, Mapping):
        return str(told.get("order_key") or ""), _number(str(told.get("order_id") or ""))
    return "", _number(custom) or _number(invoice[len(invoice.rstrip("0123456789")) :])


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def _amount(one: Mapping[str, Any]) -> Decimal:
    try:
        return Decimal(str((one.get("transaction_amount") or {}).get("value", "0")))
    except InvalidOperation:
        return Decimal(0)


def _seconds(one: Mapping[str, Any]) -> float:
    try:
        return datetime.fromisoformat(str(one.get("transaction_initiation_date"))).timestamp()
    except ValueError:
        return 0.0


def _text(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
