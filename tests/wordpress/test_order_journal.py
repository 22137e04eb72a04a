"""The order journal's near end: the intent before money moves, the acknowledgement before the customer is told."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from near_agent import NearAgent
from shopper import Shopper, acknowledged
from wordpress_site import Site

from farshore.model.order_entry import OrderEntry

pytestmark = pytest.mark.lab

WAYS = ("blocks", "classic")
KEPT = {"kept": "journal", "by": ["web-sfo3-1"]}
SPOOLED = {"kept": "spool", "why": "nobody answered"}
LOST = {"kept": "no", "why": "the disk is full"}


@pytest.fixture(scope="module")
def pair(running_site: Site) -> dict[str, str]:
    told: dict[str, str] = json.loads(running_site.box.php("unseal.php"))
    return told


@pytest.fixture
def journal(site: Site, pair: dict[str, str]) -> Iterator[Callable[..., NearAgent]]:
    """Starts an agent, and a shop whose policy is as told."""
    if not site.facts.get("products"):
        pytest.skip("needs a shop: the stand-in plugin, or TIDEPOOL_WOOCOMMERCE")
    running: list[NearAgent] = []

    def start(policy: str, answers: Any = KEPT, **settings: Any) -> NearAgent:
        decide = answers if callable(answers) else lambda entry: answers
        running.append(NearAgent(site.box.run / "journal.sock", decide))
        site.box.settings(journal=policy, journal_public_key=pair["public"], **settings)
        return running[-1]

    yield start
    for agent in running:
        agent.close()
    site.open()


def _full(site: Site) -> Shopper:
    shopper = Shopper(site)
    assert shopper.fill(site.facts["products"][0]).status == 201
    return shopper


@pytest.mark.parametrize("way", WAYS)
def test_intent_then_money_then_acknowledgement(site: Site, journal: Callable[..., NearAgent], way: str) -> None:
    """Two round trips on one connection, and the gateway is asked between them."""
    charged: list[int] = []

    def answers(entry: dict[str, Any]) -> dict[str, Any]:
        charged.append(site.charged())
        return KEPT

    agent = journal("closed", answers)
    answer = _full(site).buy(way)
    assert acknowledged(answer), answer.body
    assert agent.kinds()[:2] == ["intent", "ack"]
    assert charged[:2] == [0, 1]
    assert set(agent.kinds()[2:]) <= {"change"}
    assert agent.connections == 1
    first = agent.entries[0]
    assert (first["v"], first["store"], first["epoch"], first["currency"]) == (1, "shop", 1, "USD")
    assert first["order_key"].startswith("wc_order_")
    assert float(first["order_total"]) == 25.0
    assert [OrderEntry.from_json(entry).to_json() for entry in agent.entries] == agent.entries
    assert first["at_ms"] < agent.entries[1]["at_ms"] <= time.time() * 1000 + 1000


@pytest.mark.parametrize("way", WAYS)
def test_the_owner_alone_can_read_the_order(
    site: Site, journal: Callable[..., NearAgent], pair: dict[str, str], way: str
) -> None:
    agent = journal("open")
    assert acknowledged(_full(site).buy(way))
    clear = json.dumps(agent.entries)
    assert "Lovelace" not in clear
    assert "ada@example.com" not in clear
    sealed = [entry["sealed"] for entry in agent.entries[:2]]
    intent, ack = json.loads(site.box.php("unseal.php", {"pair": pair["pair"], "sealed": sealed}))
    for order in (intent, ack):
        assert order["billing"]["last_name"] == "Lovelace"
        assert [(item["type"], item["name"], int(item["quantity"])) for item in order["items"]] == [
            ("line_item", "Lantern", 2)
        ]
        assert float(order["total"]) == 25.0
        assert order["payment_method"] == "cod"
    assert ack["status"] == "processing"
    assert ack["stock_reduced"] is True
    assert ack["notes"] != []
    assert {"order_key", "id", "created_gmt", "customer_ip", "cart_hash", "meta", "refunds", "shipping"} <= set(ack)


@pytest.mark.parametrize(("answers", "sells"), [(KEPT, True), (SPOOLED, True), (LOST, True), (None, True)])
def test_open_takes_the_order_whatever_the_journal_says(
    site: Site, journal: Callable[..., NearAgent], answers: Any, sells: bool
) -> None:
    journal("open", answers, journal_timeout_ms=50)
    assert acknowledged(_full(site).buy_by_blocks()) is sells


@pytest.mark.parametrize("answers", [SPOOLED, LOST, None])
@pytest.mark.parametrize("way", WAYS)
def test_closed_refuses_before_payment(site: Site, journal: Callable[..., NearAgent], way: str, answers: Any) -> None:
    agent = journal("closed", answers, journal_timeout_ms=50)
    answer = _full(site).buy(way)
    assert not acknowledged(answer), answer.body
    assert "Nothing was charged" in answer.body
    assert site.charged() == 0
    assert "ack" not in agent.kinds()


@pytest.mark.parametrize("way", WAYS)
def test_closed_does_not_acknowledge_what_only_this_region_knows(
    site: Site, journal: Callable[..., NearAgent], way: str
) -> None:
    journal("closed", lambda entry: KEPT if entry["kind"] == "intent" else SPOOLED)
    answer = _full(site).buy(way)
    assert site.charged() == 1
    assert not acknowledged(answer), answer.body
    assert "is being confirmed" in answer.body


def test_no_agent_at_all_is_noticed_at_once(site: Site, pair: dict[str, str]) -> None:
    if not site.facts.get("products"):
        pytest.skip("needs a shop: the stand-in plugin, or TIDEPOOL_WOOCOMMERCE")
    site.box.settings(journal="open", journal_public_key=pair["public"])
    assert acknowledged(_full(site).buy_by_blocks())
    site.box.settings(journal="closed", journal_public_key=pair["public"])
    assert not acknowledged(_full(site).buy_by_blocks())
    site.open()


def test_a_shop_without_a_journal_asks_nobody(site: Site, journal: Callable[..., NearAgent]) -> None:
    agent = journal("off")
    assert acknowledged(_full(site).buy_by_blocks())
    assert agent.connections == 0


def test_what_the_owner_changes_is_written_down_later(site: Site, journal: Callable[..., NearAgent]) -> None:
    agent = journal("open")
    assert acknowledged(_full(site).buy_by_blocks())
    number = agent.entries[-1]["order_id"]
    asked = len(agent.entries)
    site.box.php("complete_order.php", number)
    assert "change" in agent.kinds()[asked:]
    assert agent.entries[-1]["order_id"] == number
