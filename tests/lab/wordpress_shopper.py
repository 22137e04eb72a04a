"""A shopper of a WordPress shop, standard library only: run by the tests inside the lab's internet.

Reads one JSON order of business (door, domain, CA, what to do) and prints what each step was answered, as JSON.
"""

import http.client
import http.cookies
import json
import re
import socket
import ssl
import sys
import time
from typing import Any
from urllib.parse import urlencode

ADDRESS = {
    "first_name": "Ada", "last_name": "Byron", "address_1": "1 Harbour Street", "city": "New York", "state": "NY",
    "postcode": "10001", "country": "US", "email": "ada@example.com", "phone": "5551234",
}  # fmt: skip
NONCE = re.compile(r'name="woocommerce-process-checkout-nonce" value="([0-9a-f]+)"')
Answer = dict[str, Any]


class Shopper:
    def __init__(self, door: str, domain: str, ca_file: str, throw_at: str = "") -> None:
        self._door, self._domain = door, domain
        self._always = {"X-Throw-At": throw_at} if throw_at else {}
        self._tls = ssl.create_default_context(cafile=ca_file)
        self._cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> Answer:
        connection = http.client.HTTPSConnection(self._domain, context=self._tls, timeout=40)
        raw = socket.create_connection((self._door, 443), timeout=40)
        connection.sock = self._tls.wrap_socket(raw, server_hostname=self._domain)
        told = self._always | {name.replace("_", "-"): value for name, value in headers.items()}
        if self._cookies:
            told["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        began = time.monotonic()
        connection.request(method, path, body.encode() or None, told)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        for line in answer.headers.get_all("Set-Cookie") or []:
            for name, morsel in http.cookies.SimpleCookie(line).items():
                self._cookies[name] = morsel.value
        connection.close()
        found = {"status": answer.status, "headers": {k.lower(): v for k, v in answer.getheaders()}, "text": text}
        return {**found, "seconds": round(time.monotonic() - began, 3)}

    def form(self, path: str, **fields: str) -> Answer:
        return self.ask("POST", path, urlencode(fields), Content_Type="application/x-www-form-urlencoded")

    def api(self, method: str, path: str, body: Any = None, nonce: str = "") -> Answer:
        headers = {"Content_Type": "application/json"} | ({"Nonce": nonce} if nonce else {})
        answer = self.ask(method, f"/wp-json/wc/store/v1{path}", json.dumps(body) if body else "", **headers)
        try:
            return {**answer, "json": json.loads(answer.pop("text"))}
        except ValueError:
            return {**answer, "json": None}

    def block_cart(self, product: int) -> tuple[Answer, str]:
        nonce = str(self.api("GET", "/cart")["headers"].get("nonce", ""))
        return self.api("POST", "/cart/add-item", {"id": product, "quantity": 2}, nonce), nonce

    def block_checkout(self, product: int) -> Answer:
        _, nonce = self.block_cart(product)
        body = {"billing_address": ADDRESS, "shipping_address": ADDRESS, "payment_method": "cod"}
        return self.api("POST", "/checkout", body, nonce)

    def classic_checkout(self, product: int) -> Answer:
        self.form("/", **{"add-to-cart": str(product), "quantity": "1"})
        page = self.ask("GET", "/checkout/")
        nonce = NONCE.search(page["text"])
        billing = {f"billing_{name}": value for name, value in ADDRESS.items()}
        token = nonce[1] if nonce else ""
        answer = self.form(
            "/?wc-ajax=checkout",
            **{"woocommerce-process-checkout-nonce": token, "payment_method": "cod", **billing},
        )
        try:
            return {**answer, "json": json.loads(answer.pop("text"))}
        except ValueError:
            return {**answer, "json": None}


def main() -> None:
    asked = json.load(sys.stdin)
    shopper = Shopper(asked["door"], asked["domain"], asked["ca_file"], asked.get("throw_at", ""))
    product = asked.get("product", 0)
    if asked["do"] == "pages":
        said: Any = {path: shopper.ask("GET", path) for path in asked["paths"]}
    elif asked["do"] == "cart":
        said = shopper.block_cart(product)[0]
        said["cart"] = shopper.api("GET", "/cart")["json"]
    elif asked["do"] == "block":
        said = shopper.block_checkout(product)
    elif asked["do"] == "classic":
        said = shopper.classic_checkout(product)
    else:
        shopper.ask("GET", "/wp-login.php")  # sets the cookie that shows that cookies are taken
        said = shopper.form("/wp-login.php", **asked["fields"])
        said["then"] = shopper.ask("GET", "/wp-admin/")
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
