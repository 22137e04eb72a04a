"""WooCommerce's two checkouts: blocks, by its Store API, and the classic form. The customer's cookies are kept by hand.

The token travels as the name of the e-mail address: both forms have one, and it is stored with the order. What the
cart shows as its total is what the customer agrees to pay.
"""

import json
import random
import re
from decimal import Decimal
from typing import Any

import aiohttp

from farshore.drills.tills import NAMES, Seen, refused, seen

API = "/wp-json/wc/store/v1"
_NONCE = re.compile(r'name="woocommerce-process-checkout-nonce" value="([0-9a-f]+)"')
_RECEIVED = re.compile(r"/order-received/(\d+)/?\?(?:.*&)?key=(wc_order_\w+)")


class BlockTill:
    async def order(self, session: aiohttp.ClientSession, base: str, product: int, token: str) -> Seen:
        customer = _Customer(session, base)
        found, _ = await customer.ask("GET", f"{API}/cart")
        if found["status"] != 200:
            return found
        found, text = await customer.ask("POST", f"{API}/cart/add-item", json={"id": product, "quantity": 1})
        if found["status"] not in (200, 201):
            return found
        total = _total(text)
        address = _address(token)
        body = {"billing_address": address, "shipping_address": address, "payment_method": "cod"}
        found, text = await customer.ask("POST", f"{API}/checkout", json=body)
        if found["status"] != 200:
            return found
        said = _json(text)
        if said.get("payment_result", {}).get("payment_status") != "success":
            return refused(found)
        return found | {"order_id": int(said["order_id"]), "order_key": str(said["order_key"]), "total": total}


class ClassicTill:
    async def order(self, session: aiohttp.ClientSession, base: str, product: int, token: str) -> Seen:
        customer = _Customer(session, base)
        form = {"add-to-cart": str(product), "quantity": "1"}
        found, _ = await customer.ask("POST", "/", data=form, allow_redirects=False)
        if found["status"] not in (200, 302):
            return found
        found, text = await customer.ask("GET", f"{API}/cart")
        if found["status"] != 200:
            return found
        total = _total(text)
        found, page = await customer.ask("GET", "/checkout/")
        nonce = _NONCE.search(page)
        if found["status"] != 200 or nonce is None:
            return refused(found)
        form = {f"billing_{name}": value for name, value in _address(token).items()}
        form |= {"woocommerce-process-checkout-nonce": nonce[1], "payment_method": "cod"}
        found, text = await customer.ask("POST", "/?wc-ajax=checkout", data=form)
        if found["status"] != 200:
            return found
        said = _json(text)
        received = _RECEIVED.search(str(said.get("redirect", "")))
        if said.get("result") != "success" or received is None:
            return refused(found)
        return found | {"order_id": int(received[1]), "order_key": received[2], "total": total}


class _Customer:
    """One visit: cookies, and the nonce of the last answer."""

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self._session, self._base = session, base
        self._cookies: dict[str, str] = {}
        self._nonce = ""

    async def ask(self, method: str, path: str, **options: Any) -> tuple[Seen, str]:
        headers = {"Nonce": self._nonce} if self._nonce else {}
        url = f"{self._base}{path}"
        async with self._session.request(method, url, cookies=self._cookies, headers=headers, **options) as answer:
            text = await answer.text()
            self._cookies |= {name: cookie.value for name, cookie in answer.cookies.items()}
            self._nonce = answer.headers.get("Nonce", self._nonce)
            return seen(answer), text


def _address(token: str) -> dict[str, str]:
    return {
        "first_name": random.choice(NAMES), "last_name": "Shopper", "address_1": "1 Harbour Street",
        "city": "New York", "state": "NY", "postcode": "10001", "country": "US",
        "email": f"{token}@example.com", "phone": "5551234",
    }  # fmt: skip


def _total(cart: str) -> str:
    totals = _json(cart)["totals"]
    minor = int(totals["currency_minor_unit"])
    return str(Decimal(int(totals["total_price"])).scaleb(-minor))


def _json(text: str) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found
