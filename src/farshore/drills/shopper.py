"""People at the shop's door: some look at pages, some buy, all try again for ever. Each request becomes a ledger line.

Every request is a new connection, because a person who comes to the shop in an outage has none open.
"""

import asyncio
import random
import secrets
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from farshore.drills.entry import BROWSE, BUY, Entry
from farshore.drills.lookup import NoAddress
from farshore.drills.tills import PlainTill, Till, seen

RETRY_AFTER_S = 0.25
CONNECT_S = 2.0  # a door that nobody opens is knocked at again soon, also by who waits long for an answer

Record = Callable[[Entry], None]
FindAddress = Callable[[str], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Shop:
    """What a shopper knows of a shop."""

    domain: str
    products: tuple[int, ...]
    timeout_s: float = 2.0
    port: int = 443
    product_page: str = "/product/{}"
    till: Till = field(default_factory=PlainTill)


class _Resolver(AbstractResolver):
    """aiohttp asks it for every new connection; the population decides how."""

    def __init__(self, find: FindAddress) -> None:
        self._find = find

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address = await self._find(host)
        return [
            {"hostname": host, "host": address, "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0},
        ]

    async def close(self) -> None:
        return None


class Population:
    """Shoppers that look names up in the same way."""

    def __init__(self, name: str, shop: Shop, session: aiohttp.ClientSession, record: Record) -> None:
        self._name = name
        self._shop = shop
        self._session = session
        self._record = record

    async def browse_for_ever(self, every_s: float) -> None:
        """On a fixed schedule whatever the answers are, so that the outage is sampled evenly."""
        pages = ["/", *(self._shop.product_page.format(number) for number in self._shop.products)]
        begun, count = time.monotonic(), 0
        async with asyncio.TaskGroup() as group:
            while True:
                # Half of them come to the home page, the others straight to a product.
                page = pages[0] if count % 2 == 0 else random.choice(pages)
                group.create_task(self._browse(page))
                count += 1
                await asyncio.sleep(max(0.0, begun + count * every_s - time.monotonic()))

    async def buy_for_ever(self, pause_s: float) -> None:
        """One person: puts something into the cart, pays, and tries again until there is an order; then the next."""
        while True:
            purchase = secrets.token_hex(8)
            attempt = 1
            while not (await self._buy(f"{purchase}-{attempt}")).good:
                attempt += 1
                await asyncio.sleep(RETRY_AFTER_S)
            await asyncio.sleep(pause_s * random.uniform(0.7, 1.3))

    async def _browse(self, page: str) -> None:
        entry = await self._timed(Entry(time.monotonic(), 0.0, self._name, BROWSE, ""), self._get(page))
        self._record(entry)

    async def _buy(self, token: str) -> Entry:
        entry = await self._timed(Entry(time.monotonic(), 0.0, self._name, BUY, "", token=token), self._order(token))
        self._record(entry)
        return entry

    async def _timed(self, entry: Entry, work: Awaitable[dict[str, Any]]) -> Entry:
        found: dict[str, Any]
        try:
            found = await work
        except Exception as error:  # whatever happens to a shopper is an observation, not a fault of the drill
            found = {"outcome": outcome_of(error)}
        return replace(entry, ended=time.monotonic(), **found)

    async def _get(self, page: str) -> dict[str, Any]:
        async with self._session.get(self._url(page)) as answer:
            await answer.read()
            return seen(answer)

    async def _order(self, token: str) -> dict[str, Any]:
        return await self._shop.till.order(self._session, self._url(""), random.choice(self._shop.products), token)

    def _url(self, path: str) -> str:
        return f"https://{self._shop.domain}:{self._shop.port}{path}"


def outcome_of(error: BaseException) -> str:
    """One word. aiohttp wraps the cause, and the order matters: several of these are subclasses of OSError."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        inner = getattr(cause, "os_error", None)
        cause = inner if isinstance(inner, BaseException) else cause.__cause__
    words: tuple[tuple[type[BaseException], str], ...] = (
        (NoAddress, "dns"),
        (TimeoutError, "timeout"),
        (ssl.SSLError, "tls"),
        (ConnectionRefusedError, "refused"),
        (ConnectionResetError, "reset"),
        (aiohttp.ServerDisconnectedError, "reset"),
        (OSError, "unreachable"),
    )
    for kind, word in words:
        if any(isinstance(link, kind) for link in chain):
            return word
    return "broken"


@asynccontextmanager
async def population(
    name: str, shop: Shop, find: FindAddress, ca_file: str, record: Record
) -> AsyncIterator[Population]:
    context = ssl.create_default_context(cafile=ca_file)
    # No connection outlives its request, and no limit: a queue inside the client would look like a slow shop.
    connector = aiohttp.TCPConnector(
        resolver=_Resolver(find), use_dns_cache=False, force_close=True, ssl=context, limit=0
    )
    timeout = aiohttp.ClientTimeout(total=shop.timeout_s, sock_connect=CONNECT_S)
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        yield Population(name, shop, session, record)
