"""Checkouts in the midst of which the world changes: one whole order, or an honest no; never a false success.

Played on what stands in for WooCommerce, or on WooCommerce itself where TIDEPOOL_WOOCOMMERCE names its folder.
"""

from collections.abc import Iterator

import pytest
from shopper import Shopper, acknowledged
from wordpress_site import Site

pytestmark = pytest.mark.lab

WAYS = ("blocks", "classic")


@pytest.fixture(params=["own tables", "posts"])
def shop(request: pytest.FixtureRequest, site: Site) -> Iterator[Site]:
    """Open, with orders here or there."""
    if not site.facts.get("products"):
        pytest.skip("needs a shop: the stand-in plugin, or TIDEPOOL_WOOCOMMERCE")
    own = request.param == "own tables"
    # Past WooCommerce, which refuses to while it has orders of the other kind.
    told = "UPDATE wp_options SET option_value = %s WHERE option_name = 'woocommerce_custom_orders_table_enabled'"
    site.rows(told, "yes" if own else "no")
    yield site
    site.writable()
    site.open()


def _full(site: Site) -> Shopper:
    shopper = Shopper(site)
    assert shopper.fill(site.facts["products"][0]).status == 201
    return shopper


def _statuses(site: Site) -> list[str]:
    """Of all orders, wherever they are."""
    posts = "SELECT post_status FROM wp_posts WHERE post_type = 'shop_order'"
    rows = site.rows(f"SELECT status FROM wp_wc_orders UNION ALL {posts}")
    return [str(row[0]).removeprefix("wc-") for row in rows]


@pytest.mark.parametrize("way", WAYS)
def test_an_open_shop_sells(shop: Site, way: str) -> None:
    before = len(_statuses(shop))
    answer = _full(shop).buy(way)
    assert acknowledged(answer), answer.body
    assert (answer.headers["x-region"], answer.headers["x-epoch"]) == ("nyc3", "1")
    assert len(_statuses(shop)) == before + 1
    assert "processing" in _statuses(shop)
    assert shop.charged() == 1


@pytest.mark.parametrize("what", ["read_only", "outlast", "move"])
@pytest.mark.parametrize("way", WAYS)
def test_before_payment_it_is_refused_and_nobody_is_charged(shop: Site, way: str, what: str) -> None:
    shopper = _full(shop)
    shop.trip("woocommerce_checkout_create_order_line_item", what)
    shop.box.permit(1.5 if what == "outlast" else 60)
    answer = shopper.buy(way)
    assert not acknowledged(answer), answer.body
    assert shop.charged() == 0
    assert "was charged" not in answer.body or "Nothing was charged" in answer.body


@pytest.mark.parametrize("what", ["read_only", "outlast", "move"])
@pytest.mark.parametrize("way", WAYS)
def test_after_payment_it_is_being_confirmed(shop: Site, way: str, what: str) -> None:
    """A card may have been charged: nobody may say that it was not, nor that all is well."""
    shopper = _full(shop)
    shop.trip("woocommerce_cod_process_payment_order_status", what)
    shop.box.permit(3 if what == "outlast" else 60)
    answer = shopper.buy(way)
    assert shop.charged() == 1, answer.body
    assert not acknowledged(answer), answer.body
    assert "is being confirmed" in answer.body
    assert "othing was charged" not in answer.body


@pytest.mark.parametrize("way", WAYS)
def test_a_real_fence_is_told_politely(shop: Site, way: str) -> None:
    """Account locked, sessions ended, role moved: WordPress dies of it, with a page about its database."""
    shopper = _full(shop)
    shop.trip("woocommerce_cod_process_payment_order_status", "fence")
    answer = shopper.buy(way)
    shop.writable()
    assert not acknowledged(answer), answer.body
    assert "is being confirmed" in answer.body
    assert "database" not in answer.body
    assert answer.status == (503 if way == "blocks" else 200)


@pytest.mark.parametrize("way", WAYS)
def test_an_order_that_lost_its_items_is_not_acknowledged(shop: Site, way: str) -> None:
    """Every statement went through; what the rows say is still not what the customer bought."""
    shopper = _full(shop)
    shop.trip("woocommerce_cod_process_payment_order_status", "damage")
    answer = shopper.buy(way)
    assert shop.charged() == 1, answer.body
    assert not acknowledged(answer), answer.body
    assert "is being confirmed" in answer.body


@pytest.mark.parametrize("way", WAYS)
def test_one_write_that_failed_in_silence_is_enough(shop: Site, way: str) -> None:
    """WooCommerce looks at none of them."""
    shopper = _full(shop)
    shop.trip("woocommerce_checkout_create_order_line_item", "fail")
    answer = shopper.buy(way)
    assert not acknowledged(answer), answer.body
    assert shop.charged() == 0


@pytest.mark.parametrize("way", WAYS)
def test_what_always_fails_somewhere_stops_nobody(shop: Site, way: str) -> None:
    """A row that is there already, a cached value that could not be kept: no order was ever lost by them."""
    shopper = _full(shop)
    shop.trip("woocommerce_checkout_create_order_line_item", "quarrel")
    answer = shopper.buy(way)
    assert acknowledged(answer), answer.body


@pytest.mark.parametrize("way", WAYS)
def test_without_the_plugin_the_same_fence_is_a_false_thank_you(shop: Site, way: str) -> None:
    """Or the tests above would prove nothing: WooCommerce takes no failed statement for a failure."""
    shopper = _full(shop)
    shop.trip("woocommerce_cod_process_payment_order_status", "read_only")
    shop.box.plugin(False)
    try:
        answer = shopper.buy(way)
    finally:
        shop.box.plugin(True)
    assert acknowledged(answer), answer.body


@pytest.mark.parametrize("way", WAYS)
def test_carts_outlive_a_closed_shop(shop: Site, way: str) -> None:
    """Closed, the cart is there, nothing can be bought, and nobody offers to take money; open again, it is bought."""
    shopper = _full(shop)
    shop.standby()
    assert shopper.cart().json()["items_count"] == 2
    assert not acknowledged(shopper.buy(way))
    assert shopper.cart().json().get("payment_methods", []) == []
    shop.open()
    assert shopper.cart().json()["items_count"] == 2
    answer = shopper.buy(way)
    assert acknowledged(answer), answer.body
