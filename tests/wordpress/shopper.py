"""A customer with a browser's cookies, at the classic checkout and at the one of blocks."""

import http.cookies
import re
from typing import Any

from wordpress_site import Answer, Site

ADDRESS = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "company": "",
    "address_1": "1 Harbour Street",
    "address_2": "",
    "city": "New York",
    "state": "NY",
    "postcode": "10001",
    "country": "US",
    "email": "ada@example.com",
    "phone": "5550100",
}


class Shopper:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._cookies: dict[str, str] = {}
        self._nonce = ""

    def ask(self, method: str, path: str, **more: Any) -> Answer:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if self._nonce and "/wc/store/" in path:
            headers["Nonce"] = self._nonce
        answer = self._site.ask(method, path, headers=headers, **more)
        self._nonce = answer.headers.get("nonce", self._nonce)
        for line in answer.cookies:
            for name, morsel in http.cookies.SimpleCookie(line).items():
                self._cookies[name] = morsel.value
        return answer

    def fill(self, product: int, quantity: int = 2) -> Answer:
        self.cart()
        return self.ask("POST", "/wp-json/wc/store/v1/cart/add-item", data={"id": product, "quantity": quantity})

    def cart(self) -> Answer:
        return self.ask("GET", "/wp-json/wc/store/v1/cart")

    def buy_by_blocks(self) -> Answer:
        shipping = {name: value for name, value in ADDRESS.items() if name != "email"}
        order = {"billing_address": ADDRESS, "shipping_address": shipping, "payment_method": "cod"}
        return self.ask("POST", "/wp-json/wc/store/v1/checkout", data=order)

    def buy_classic(self) -> Answer:
        page = self.ask("GET", "/checkout/").body
        found = re.search(r'name="woocommerce-process-checkout-nonce" value="([^"]+)"', page)
        form = {f"billing_{name}": value for name, value in ADDRESS.items()}
        form |= {"payment_method": "cod", "woocommerce-process-checkout-nonce": found[1] if found else ""}
        return self.ask("POST", "/?wc-ajax=checkout", form=form)

    def buy(self, way: str) -> Answer:
        return self.buy_by_blocks() if way == "blocks" else self.buy_classic()


def acknowledged(answer: Answer) -> bool:
    """What a customer takes for a thank-you."""
    try:
        said = answer.json()
    except ValueError:
        return answer.status < 300
    if "payment_result" in said:
        return answer.status < 300 and said["payment_result"]["payment_status"] == "success"
    return bool(said.get("result") == "success")
