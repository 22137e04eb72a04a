"""Reconciliation on a real WordPress with a real database, orders in posts and in tables of their own.

The journal's copy of an order is what the must-use plugin would seal. What is compared afterwards is the same again.
"""

import asyncio
import json
import random
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest
from reconcile_shop import RUN, BoxStorefront, LossyShop, open_shop, same
from wordpress_site import why_not

from farshore.model.region import Epoch
from farshore.ports.payment_ledger import Payment, Statement
from farshore.reconcile import witness
from farshore.reconcile.payments import Told
from farshore.reconcile.run import Outcome, Shop, Witnesses, reconcile
from farshore.sim.fake_clock import FakeClock
from farshore.sim.fake_coordination import FakeCoordination

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module", params=[True, False], ids=["own-tables", "posts"])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LossyShop]:
    if reason := why_not():
        pytest.skip(reason)
    made = open_shop(tmp_path_factory.mktemp("reconcile"), request.param)
    yield made
    made.stop()


def _entry(order: Mapping[str, Any], kind: str = "ack") -> witness.Entry:
    return witness.Entry(order["order_key"], kind, 1_000, 1, order["id"], order["total"], order["currency"], order)


def _run(
    shop: LossyShop, entries: Sequence[witness.Entry], payments: Sequence[Payment] | None = None, apply: bool = True
) -> Outcome:
    told = () if payments is None else (Told("stripe", ("stripe",), 0.0, Statement(tuple(payments), 4e9)),)
    clock = FakeClock()
    side = Shop("shop", Epoch(2), BoxStorefront(shop), FakeCoordination(clock), clock)
    return asyncio.run(reconcile(side, Witnesses(witness.testimonies(entries), told), apply))


def _rules(outcome: Outcome) -> list[str]:
    return [case.rule.number for case in outcome.cases]


def test_a_lost_order_is_restored_as_it_was_and_once(shop: LossyShop) -> None:
    order = shop.order(transaction="ch_9")
    sold = shop.stock()
    shop.lose(order)
    assert shop.stock() != sold
    before = len(shop.told("mails.log"))
    dry = _run(shop, [_entry(order)], apply=False)
    assert (_rules(dry), shop.entry(order["order_key"])) == (["R30"], None)
    done = _run(shop, [_entry(order)])
    assert [did.what for did in done.did.values()] == ["restored"]
    assert same(order, shop.entry(order["order_key"])) == []
    assert shop.stock() == sold
    again = _run(shop, [_entry(order)])
    assert (_rules(again), dict(again.did)) == (["R10"], {})
    assert shop.stock() == sold
    assert len(shop.told("mails.log")) == before
    assert [url for url in shop.told("requests.log") if "woocommerce_uploads" not in url] == []


def test_the_next_order_gets_another_number(shop: LossyShop) -> None:
    order = shop.order()
    shop.lose(order)
    _run(shop, [_entry(order)])
    assert shop.order()["id"] > order["id"]


def test_where_the_number_was_given_again_the_order_gets_a_new_one(shop: LossyShop) -> None:
    order = shop.order()
    shop.lose(order)
    shop.sql("ALTER TABLE wp_posts AUTO_INCREMENT = 1")
    other = shop.order()
    assert other["id"] == order["id"], "the very accident"
    done = _run(shop, [_entry(order), _entry(other)])
    now = shop.entry(order["order_key"])
    assert now is not None
    assert now["id"] != order["id"]
    assert {"key": "_farshore_recovered_from_id", "value": str(order["id"])} in now["meta"]
    assert same(order | {"id": now["id"]}, now) == []
    assert same(other, shop.entry(other["order_key"])) == []
    assert done.left == ()


DRAFT = "UPDATE wp_wc_orders SET status = 'wc-checkout-draft' WHERE id = {id}"
DRAFT_POST = "UPDATE wp_posts SET post_status = 'wc-checkout-draft' WHERE ID = {id}"
NO_OPERATIONAL = "DELETE FROM wp_wc_order_operational_data WHERE order_id = {id}"
NO_ADDRESSES = "DELETE FROM wp_wc_order_addresses WHERE order_id = {id}"
HPOS_DAMAGE = {
    "draft": [DRAFT],
    "no key": ["UPDATE wp_wc_order_operational_data SET order_key = '' WHERE order_id = {id}", DRAFT],
    "no operational data": [NO_OPERATIONAL, DRAFT],
    "no addresses": [NO_ADDRESSES],
    "no total": ["UPDATE wp_wc_orders SET total_amount = 0 WHERE id = {id}"],
    "place holder and lines alone": [
        "DELETE FROM wp_wc_orders WHERE id = {id}",
        "DELETE FROM wp_wc_orders_meta WHERE order_id = {id}",
        NO_ADDRESSES,
        NO_OPERATIONAL,
    ],
}
POSTS_DAMAGE = {
    "pending": ["UPDATE wp_posts SET post_status = 'wc-pending' WHERE ID = {id}"],
    "no key": ["DELETE FROM wp_postmeta WHERE post_id = {id} AND meta_key = '_order_key'", DRAFT_POST],
    "no addresses": ["DELETE FROM wp_postmeta WHERE post_id = {id} AND meta_key LIKE '\\_billing\\_%'"],
    "no total": ["DELETE FROM wp_postmeta WHERE post_id = {id} AND meta_key = '_order_total'"],
    "no meta but its flag": [
        "DELETE FROM wp_postmeta WHERE post_id = {id} AND meta_key <> '_order_stock_reduced'",
        DRAFT_POST,
    ],
}
ITEMS = {
    "no items": ["DELETE FROM wp_woocommerce_order_items WHERE order_id = {id}"],
    "items without meta": [
        "DELETE m FROM wp_woocommerce_order_itemmeta m JOIN wp_woocommerce_order_items i USING (order_item_id) "
        "WHERE i.order_id = {id}"
    ],
    "one item": ["DELETE FROM wp_woocommerce_order_items WHERE order_id = {id} AND order_item_name <> 'Rope'"],
}


@pytest.mark.parametrize("damage", sorted({*HPOS_DAMAGE, *POSTS_DAMAGE, *ITEMS}))
def test_a_half_written_order_is_made_whole(shop: LossyShop, damage: str) -> None:
    statements = ((HPOS_DAMAGE if shop.own_tables else POSTS_DAMAGE) | ITEMS).get(damage)
    if statements is None:
        pytest.skip("orders lie in other tables here")
    order = shop.order(transaction="ch_8")
    sold = shop.stock()
    shop.sql(*(statement.format(id=order["id"]) for statement in statements))
    if damage in ITEMS:  # before its items were written, nothing had been taken out of stock
        _not_reduced(shop, order)
        if damage == "one item":
            _put_back(shop, order, "Lantern")
            shop.sql(_unmarked(order))
            _put_back(shop, order, "Rope")
        else:
            shop.unsell(order)
    done = _run(shop, [_entry(order)])
    assert done.failed == ()
    assert len(done.did) == 1
    assert same(order, shop.entry(order["order_key"])) == []
    assert shop.stock() == sold
    assert _run(shop, [_entry(order)]).did == {}


def _not_reduced(shop: LossyShop, order: Mapping[str, Any]) -> None:
    if shop.own_tables:
        shop.sql(f"UPDATE wp_wc_order_operational_data SET order_stock_reduced = 0 WHERE order_id = {order['id']}")
    else:
        shop.sql(f"DELETE FROM wp_postmeta WHERE post_id = {order['id']} AND meta_key = '_order_stock_reduced'")


def _unmarked(order: Mapping[str, Any]) -> str:
    return (
        "DELETE m FROM wp_woocommerce_order_itemmeta m JOIN wp_woocommerce_order_items i USING (order_item_id) "
        f"WHERE i.order_id = {order['id']} AND m.meta_key IN ('_reduced_stock', '_farshore_stock_taken')"
    )


def _put_back(shop: LossyShop, order: Mapping[str, Any], name: str) -> None:
    (item,) = [item for item in order["items"] if item["name"] == name]
    shop.sql(
        f"UPDATE wp_postmeta SET meta_value = meta_value + {item['quantity']} "
        f"WHERE post_id = {item['product_id']} AND meta_key = '_stock'"
    )


def _every_cut(shop: LossyShop, cuts: int | None) -> None:
    """A replica has received the first N statements of an acknowledged order's checkout. For each N (or some of them):
    afterwards the order is whole, and its goods are out of stock once."""
    shop.order()  # what WooCommerce writes the first time only
    before = shop.remember()
    before.back()
    order, writes = shop.writes_of()
    sold = shop.stock()
    assert len(writes) > 50
    places = list(range(len(writes) + 1))
    for received in places if cuts is None else random.Random(7).sample(places, cuts):
        before.with_writes(writes[:received])
        done = _run(shop, [_entry(order)])
        wrong = same(order | {"notes": []}, shop.entry(order["order_key"]))
        assert (wrong, shop.stock(), done.failed, done.left) == ([], sold, (), ()), (
            received,
            writes[received - 1][:200],
        )
    before.with_writes(writes)


def test_a_checkout_cut_off_somewhere_is_made_whole(shop: LossyShop) -> None:
    _every_cut(shop, 6)


@pytest.mark.long
def test_a_checkout_cut_off_anywhere_is_made_whole(shop: LossyShop) -> None:
    _every_cut(shop, None)


def test_without_its_mark_nobody_could_tell_whether_goods_were_taken_out(shop: LossyShop) -> None:
    """The mark that the must-use plugin sets in the statement that takes them out: a guard that is needed."""
    before = shop.remember()
    before.back()
    order, writes = shop.writes_of()
    sold = shop.stock()
    (taken, *_) = [number for number, text in enumerate(writes) if "AS stock" in text]
    before.with_writes(writes[:taken])  # and then the statement as WooCommerce itself would send it:
    lantern = order["items"][0]
    shop.sql(
        f"UPDATE wp_postmeta SET meta_value = meta_value - {lantern['quantity']} "
        f"WHERE post_id = {lantern['product_id']} AND meta_key = '_stock'"
    )
    _run(shop, [_entry(order)])
    assert shop.stock()["Lantern"] == sold["Lantern"] - 2, "taken out twice"


def test_what_the_owner_changed_is_left_alone(shop: LossyShop) -> None:
    order = shop.order()
    table = "wp_wc_orders SET status = 'wc-cancelled' WHERE id" if shop.own_tables else None
    shop.sql(f"UPDATE {table or 'wp_posts SET post_status = ' + repr('wc-cancelled') + ' WHERE ID'} = {order['id']}")
    done = _run(shop, [_entry(order)])
    assert (_rules(done), done.did) == (["R60"], {})


def _charge(order: Mapping[str, Any], name: str = "ch_1", **more: Any) -> Payment:
    return Payment("stripe", name, Decimal(order["total"]), "EUR", 1_795_000_000.0, **more)


def test_a_payment_without_an_order_makes_the_order_that_was_intended(shop: LossyShop) -> None:
    order = shop.order(until="intent", method="stripe")
    full = shop.stock()
    shop.lose(order)
    intent = _entry(order, "intent")
    assert _rules(_run(shop, [intent], [])) == ["R46"]
    assert shop.entry(order["order_key"]) is None
    done = _run(shop, [intent], [_charge(order, order_key=order["order_key"])])
    assert _rules(done) == ["R40"]
    now = shop.entry(order["order_key"])
    assert now is not None
    assert (now["status"], now["transaction_id"], now["paid_gmt"]) == ("processing", "ch_1", "2026-11-18 11:06:40")
    assert now["stock_reduced"] is True
    lantern, rope = (full[name] - shop.stock()[name] for name in ("Lantern", "Rope"))
    assert (lantern, rope) == (2, 3)
    again = _run(shop, [intent], [_charge(order)])
    assert (_rules(again), again.did) == (["R14"], {}), "found by the transaction that the order names"


def test_a_waiting_order_is_completed_once(shop: LossyShop) -> None:
    order = shop.order(until="intent", method="stripe")
    payment = _charge(order, "ch_2", order_key=order["order_key"])
    done = _run(shop, [], [payment])
    assert (_rules(done), [did.what for did in done.did.values()]) == (["R42"], ["completed"])
    stock = shop.stock()
    assert _run(shop, [], [payment]).did == {}
    assert shop.stock() == stock


def test_an_order_whose_payment_does_not_stand_waits_on_hold(shop: LossyShop) -> None:
    order = shop.order(method="stripe", transaction="ch_3")
    shop.lose(order)
    done = _run(shop, [_entry(order)], [])
    assert _rules(done) == ["R32"]
    now = shop.entry(order["order_key"])
    assert now is not None
    assert now["status"] == "on-hold"
    again = _run(shop, [_entry(order)], [])
    assert (_rules(again), again.did) == (["R18"], {}), "nobody sends it on by itself"


def test_a_refund_is_recorded_once_and_moves_no_money(shop: LossyShop) -> None:
    order = shop.order(refund="7.50")
    (refund,) = order["refunds"]
    shop.sql(
        f"DELETE FROM wp_posts WHERE ID = {refund['id']}", f"DELETE FROM wp_postmeta WHERE post_id = {refund['id']}"
    )
    if shop.own_tables:
        shop.sql(f"DELETE FROM wp_wc_orders WHERE id = {refund['id']}")
    stock = shop.stock()
    done = _run(shop, [_entry(order)])
    assert [did.what for did in done.did.values()] == ["refunded"]
    assert same(order, shop.entry(order["order_key"])) == []
    assert _run(shop, [_entry(order)]).did == {}
    assert shop.stock() == stock


def test_a_lost_order_comes_back_with_its_refund(shop: LossyShop) -> None:
    order = shop.order(refund="7.50")
    shop.lose(order)
    assert _run(shop, [_entry(order)]).left == ()
    assert same(order, shop.entry(order["order_key"])) == []


def test_killed_anywhere_and_begun_again_the_end_is_the_same(shop: LossyShop) -> None:
    """Each order is one transaction: whenever PHP dies, the next run finds an order that is whole or not there."""
    orders = [shop.order() for _ in range(3)]
    sold = shop.stock()
    for order in orders:
        shop.lose(order)
    entries = [_entry(order) for order in orders]
    whole_s = _time_of_a_run(shop)
    dice = random.Random(4)
    for _ in range(6):
        _kill_after(shop, orders, dice.uniform(0.3, 1.6) * whole_s)
        for order in orders:
            now = shop.entry(order["order_key"])
            assert now is None or same(order, now) == []
    done = _run(shop, entries)
    assert done.left == ()
    assert [same(order, shop.entry(order["order_key"])) for order in orders] == [[], [], []]
    assert shop.stock() == sold


def _time_of_a_run(shop: LossyShop) -> float:
    began = time.monotonic()
    shop.ask({"apply": False, "orders": []})
    return time.monotonic() - began


def _kill_after(shop: LossyShop, orders: Sequence[Mapping[str, Any]], seconds: float) -> None:
    acts = [
        {"order_key": order["order_key"], "order_id": order["id"], "do": ["restore"], "order": order, "note": "R30"}
        for order in orders
    ]
    subprocess.run(
        shop.box.command("/usr/bin/timeout", "--signal=KILL", f"{seconds:.3f}", "/usr/bin/php8.2", RUN),
        input=json.dumps({"apply": True, "orders": acts}).encode(),
        capture_output=True,
        check=False,
    )
