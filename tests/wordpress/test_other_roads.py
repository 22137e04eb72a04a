"""Orders that come by other roads than a checkout: the owner's programs, the page where an order is paid, refunds."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from shopper import Shopper, acknowledged
from wordpress_site import Answer, Site

pytestmark = pytest.mark.lab

OWNER = {"X-Test-Owner": "1"}
MONEY = "woocommerce_cod_process_payment_order_status"


@pytest.fixture
def shop(site: Site) -> Iterator[Site]:
    if not site.facts.get("products"):
        pytest.skip("needs a shop: the stand-in plugin, or TIDEPOOL_WOOCOMMERCE")
    yield site
    site.writable()
    site.open()


def _owner(site: Site, method: str, path: str, data: Any) -> Answer:
    return site.ask(method, path, data=data, headers=OWNER)


def _order(site: Site, **more: Any) -> Answer:
    asked = {"payment_method": "cod", "line_items": [{"product_id": site.facts["products"][0], "quantity": 1}], **more}
    return _owner(site, "POST", "/wp-json/wc/v3/orders", asked)


def test_the_owners_program_makes_an_order(shop: Site) -> None:
    answer = _order(shop, status="processing")
    assert answer.status == 201, answer.body
    assert answer.json()["order_key"].startswith("wc_order_")


@pytest.mark.parametrize("what", ["read_only", "outlast", "move"])
def test_an_order_of_the_owner_that_was_not_kept_is_no_201(shop: Site, what: str) -> None:
    shop.trip("woocommerce_rest_pre_insert_shop_order_object", what)
    shop.box.permit(2 if what == "outlast" else 60)
    answer = _order(shop, status="processing")
    assert answer.status >= 400, answer.body


def test_a_refund_is_kept_or_refused(shop: Site) -> None:
    """Money that went back and is in no row would go back twice."""
    number = _order(shop, status="processing").json()["id"]
    kept = _owner(shop, "POST", f"/wp-json/wc/v3/orders/{number}/refunds", {"amount": "1.00", "api_refund": False})
    assert kept.status == 201, kept.body
    shop.trip("woocommerce_create_refund", "read_only")
    lost = _owner(shop, "POST", f"/wp-json/wc/v3/orders/{number}/refunds", {"amount": "2.00", "api_refund": False})
    assert lost.status >= 400, lost.body


def test_closed_the_owner_hears_so(shop: Site) -> None:
    number = _order(shop, status="processing").json()["id"]
    shop.standby()
    assert _order(shop).status == 503
    assert _owner(shop, "PUT", f"/wp-json/wc/v3/orders/{number}", {"status": "completed"}).status == 503
    assert _owner(shop, "POST", f"/wp-json/wc/v3/orders/{number}/refunds", {"amount": "1.00"}).status == 503
    read = shop.ask("GET", f"/wp-json/wc/v3/orders/{number}", headers=OWNER)
    assert (read.status, read.json()["status"]) == (200, "processing")


def _pay(site: Site) -> Answer:
    order = _order(site, status="pending").json()
    page = f"/checkout/order-pay/{order['id']}/?pay_for_order=true&key={order['order_key']}"
    shopper = Shopper(site)
    form = shopper.ask("GET", page).body
    nonce = re.search(r'name="woocommerce-pay-nonce" value="([^"]+)"', form)
    assert nonce, form[-2000:]
    return shopper.ask(
        "POST", page, form={"woocommerce_pay": "1", "payment_method": "cod", "woocommerce-pay-nonce": nonce[1]}
    )


def test_an_order_is_paid_on_its_page(shop: Site) -> None:
    answer = _pay(shop)
    assert answer.status == 302, answer.body[-500:]
    assert "order-received" in answer.headers["location"]
    assert shop.charged() == 1


@pytest.mark.parametrize("what", ["read_only", "outlast", "move"])
def test_a_payment_that_cannot_be_vouched_for_is_no_thank_you(shop: Site, what: str) -> None:
    shop.trip(MONEY, what)
    shop.box.permit(4 if what == "outlast" else 60)
    answer = _pay(shop)
    assert shop.charged() == 1
    assert answer.status != 302, answer.headers
    assert "is being confirmed" in answer.body


@pytest.mark.parametrize("what", ["outlast", "move"])
def test_before_payment_the_page_refuses(shop: Site, what: str) -> None:
    shop.trip("woocommerce_before_pay_action", what)
    shop.box.permit(4 if what == "outlast" else 60)
    answer = _pay(shop)
    assert (answer.status, shop.charged()) == (503, 0)
    assert not acknowledged(answer)
