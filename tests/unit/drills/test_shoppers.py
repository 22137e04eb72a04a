"""Shoppers against a shop and a name server on loopback: what they record is what happened to them."""

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from farshore.drills.entry import BROWSE, BUY, FRESH, Entry, read_lines
from farshore.drills.lookup import Cached, Fresh, NoAddress, look_up, parse, question
from farshore.drills.shopper import Population, Shop, outcome_of


def answer_to(query: bytes, address: str, ttl: int, code: int = 0) -> bytes:
    """With an alias before the address, as many zones have."""
    head = query[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, 0 if code else 2, 0, 0)
    alias = b"\xc0\x0c" + struct.pack("!HHIH", 5, 1, 300, 4) + b"\x01x\xc0\x0c"
    record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, ttl, 4) + socket.inet_aton(address)
    return head + query[12:] + (b"" if code else alias + record)


def test_question_and_answer() -> None:
    query = question("shop.example.com", 4711)
    assert query[12:] == b"\x04shop\x07example\x03com\x00\x00\x01\x00\x01"
    assert parse(answer_to(query, "192.0.2.21", 30), "shop.example.com") == ("192.0.2.21", 30.0)


def test_no_such_name_and_garbage() -> None:
    query = question("shop.example.com", 1)
    with pytest.raises(NoAddress, match="code 3"):
        parse(answer_to(query, "192.0.2.1", 30, code=3), "shop.example.com")
    with pytest.raises(NoAddress, match="cut short"):
        parse(answer_to(query, "192.0.2.1", 30)[:-6], "shop.example.com")


class NameServer(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.asked = 0
        self.address = "192.0.2.21"
        self.drop = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.asked += 1
        if self.asked > self.drop:
            self.transport.sendto(answer_to(data, self.address, 30), addr)  # type: ignore[attr-defined]


async def name_server() -> tuple[NameServer, int]:
    transport, server = await asyncio.get_running_loop().create_datagram_endpoint(
        NameServer, local_addr=("127.0.0.1", 0)
    )
    return server, transport.get_extra_info("sockname")[1]


def test_fresh_asks_each_time_and_cached_keeps_the_ttl(monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> None:
        server, port = await name_server()
        monkeypatch.setattr(
            "farshore.drills.lookup.look_up", lambda name, at, timeout: look_up(name, at, timeout, port)
        )
        now = [1000.0]
        fresh, cached = Fresh("127.0.0.1", 2.0), Cached("127.0.0.1", 2.0, lambda: now[0])
        assert [await fresh("shop.test"), await fresh("shop.test")] == ["192.0.2.21"] * 2
        assert server.asked == 2
        assert await cached("shop.test") == "192.0.2.21"
        server.address = "198.51.100.20"
        now[0] += 29.9
        assert await cached("shop.test") == "192.0.2.21"
        assert server.asked == 3
        now[0] += 0.2
        assert await cached("shop.test") == "198.51.100.20"
        server.transport.close()

    asyncio.run(go())


def test_a_lost_packet_is_asked_again() -> None:
    async def go() -> None:
        server, port = await name_server()
        server.drop = 1
        assert (await look_up("shop.test", "127.0.0.1", 0.4, port))[0] == "192.0.2.21"
        server.drop = 100
        with pytest.raises(NoAddress, match="did not answer"):
            await look_up("shop.test", "127.0.0.1", 0.2, port)
        server.transport.close()

    asyncio.run(go())


class PlainShop(Population):
    """The shopper's own code, with a door on loopback instead of HTTPS."""

    port = 0

    def _url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


def with_shop(
    checkout: Callable[[web.Request], web.Response], visit: Callable[[PlainShop], asyncio.Future[None]]
) -> list[Entry]:
    """Runs `visit` against a shop with that checkout; the entries that were recorded until it returned."""
    recorded: list[Entry] = []

    async def cart(request: web.Request) -> web.Response:
        answer = web.json_response({"cart": {}}, headers={"X-Region": "nyc3", "X-Epoch": "1"})
        answer.set_cookie("cart", "signed")
        return answer

    async def pay(request: web.Request) -> web.Response:
        assert request.cookies["cart"] == "signed"
        return checkout(request)

    async def home(request: web.Request) -> web.Response:
        return web.Response(text="home", headers={"X-Region": "nyc3", "X-Epoch": "1"})

    async def go() -> None:
        app = web.Application()
        app.add_routes([web.get("/", home), web.post("/cart", cart), web.post("/checkout", pay)])
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        async with aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=2)
        ) as session:
            shopper = PlainShop(FRESH, Shop("shop.test", (1, 2)), session, recorded.append)
            shopper.port = runner.addresses[0][1]
            await visit(shopper)
        await runner.cleanup()

    asyncio.run(go())
    return recorded


ORDER = {"order_id": 1001, "order_key": "order_x", "total": "12.50", "epoch": 1, "region": "nyc3"}


def test_an_acknowledged_order_is_recorded_with_all_its_names() -> None:
    entries = with_shop(
        lambda request: web.json_response(ORDER, headers={"X-Region": "nyc3", "X-Epoch": "1"}),
        lambda shopper: asyncio.ensure_future(shopper._buy("purchase-1")),  # type: ignore[arg-type]
    )
    (entry,) = entries
    assert (entry.kind, entry.acknowledged, entry.order_id, entry.order_key) == (BUY, True, 1001, "order_x")
    assert (entry.token, entry.total, entry.epoch, entry.region) == ("purchase-1", "12.50", 1, "nyc3")
    assert entry.ended > entry.started


@pytest.mark.parametrize(
    ("answer", "outcome", "status"),
    [
        (lambda: web.json_response({"error": "closed"}, status=503), "http", 503),
        (lambda: web.Response(text="<html>thank you"), "broken", 0),
        (lambda: web.json_response({"order_id": 1}), "broken", 0),
    ],
)
def test_anything_less_than_a_whole_answer_is_no_order(
    answer: Callable[[], web.Response], outcome: str, status: int
) -> None:
    """200 with something else in it must not count as an acknowledgement."""
    (entry,) = with_shop(
        lambda request: answer(),
        lambda shopper: asyncio.ensure_future(shopper._buy("purchase-1")),  # type: ignore[arg-type]
    )
    assert (entry.acknowledged, entry.outcome, entry.status) == (False, outcome, status)


def test_each_attempt_of_one_purchase_has_its_own_token() -> None:
    """Until it is acknowledged; the next purchase gets another."""
    tokens: list[str] = []
    done = asyncio.Event()

    def checkout(request: web.Request) -> web.Response:
        return web.json_response(ORDER if len(seen) == 2 else {}, status=200 if len(seen) == 2 else 503)

    seen: list[int] = []

    async def visit(shopper: PlainShop) -> None:
        keep = shopper._record

        def record(entry: Entry) -> None:
            keep(entry)
            seen.append(entry.status)
            tokens.append(entry.token)
            if len(seen) == 4:
                done.set()

        shopper._record = record
        task = asyncio.create_task(shopper.buy_for_ever(0.0))
        await asyncio.wait_for(done.wait(), 20)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    with_shop(checkout, visit)  # type: ignore[arg-type]
    purchases = [token.rpartition("-")[0] for token in tokens]
    assert [token.rpartition("-")[2] for token in tokens] == ["1", "2", "3", "1"]
    assert len(set(purchases[:3])) == 1
    assert purchases[3] != purchases[0]


def test_browsing_is_recorded_with_region_and_epoch() -> None:
    (entry,) = with_shop(
        lambda request: web.Response(),
        lambda shopper: asyncio.ensure_future(shopper._browse("/")),  # type: ignore[arg-type]
    )
    assert (entry.kind, entry.good, entry.region, entry.epoch) == (BROWSE, True, "nyc3", 1)


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (TimeoutError(), "timeout"),
        (NoAddress("no"), "dns"),
        (ConnectionRefusedError(), "refused"),
        (aiohttp.ServerDisconnectedError(), "reset"),
        (ssl.SSLError(), "tls"),
        (OSError(), "unreachable"),
        (ValueError(), "broken"),
    ],
)
def test_outcomes_in_one_word(error: Exception, word: str) -> None:
    assert outcome_of(error) == word
    wrapped = ValueError("outer")
    wrapped.__cause__ = error
    assert outcome_of(wrapped) == word


def test_a_ledger_survives_a_kill(tmp_path: Path) -> None:
    """The last line may be cut short; everything before it counts, in the order in which requests ended."""
    late = Entry(1.0, 9.0, FRESH, BROWSE, "ok").to_line() + "\n"
    early = Entry(2.0, 3.0, FRESH, BROWSE, "ok").to_line() + "\n"
    assert [entry.ended for entry in read_lines([late, early, early[:20]])] == [3.0, 9.0]
