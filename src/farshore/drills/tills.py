"""How an order is placed in each kind of shop, as a customer's browser does it. Raises what the network raises."""

import random
from typing import Any, Protocol

import aiohttp

from farshore.drills.entry import OK

NAMES = ("Ada", "Grace", "Alan", "Edsger", "Barbara", "Leslie", "Frances", "Niklaus")
Seen = dict[str, Any]
"""Fields of a ledger entry."""


class Till(Protocol):
    async def order(self, session: aiohttp.ClientSession, base: str, product: int, token: str) -> Seen:
        """One attempt, from the cart to the answer. `token` is stored with the order and is this attempt's alone."""
        ...


class PlainTill:
    async def order(self, session: aiohttp.ClientSession, base: str, product: int, token: str) -> Seen:
        async with session.post(f"{base}/cart", data={"product": product, "qty": 1}) as answer:
            await answer.read()
            cookies = {name: cookie.value for name, cookie in answer.cookies.items()}
            if answer.status != 200:
                return seen(answer)
        form = {"name": random.choice(NAMES), "email": "shopper@example.com", "token": token}
        async with session.post(f"{base}/checkout", data=form, cookies=cookies) as answer:
            if answer.status != 200:
                await answer.read()
                return seen(answer)
            order = await answer.json(content_type=None)
            return seen(answer) | {
                "order_id": int(order["order_id"]),
                "order_key": str(order["order_key"]),
                "total": str(order["total"]),
                "epoch": int(order["epoch"]),
                "region": str(order["region"]),
            }


def seen(answer: aiohttp.ClientResponse) -> Seen:
    epoch = answer.headers.get("X-Epoch", "0")
    return {
        "outcome": OK if answer.status == 200 else "http",
        "status": answer.status,
        "region": answer.headers.get("X-Region", ""),
        "epoch": int(epoch) if epoch.isdigit() else 0,
    }


def refused(found: Seen) -> Seen:
    """A 200 that is no acknowledgement."""
    return found | {"outcome": "refused by the shop" if found["outcome"] == OK else found["outcome"]}
