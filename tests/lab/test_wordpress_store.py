"""`tidepool store wordpress`: sells in one region, browses in the other, and lies where the real one lies."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from drill_lab import NEEDS_LAB
from wordpress_lab import Lab, wordpress_lab

pytestmark = [*NEEDS_LAB, pytest.mark.slow]
WOOCOMMERCE = os.environ.get("TIDEPOOL_WOOCOMMERCE", "")
ROOT = Path(__file__).parents[2]
CORE = os.environ.get("TIDEPOOL_WORDPRESS", "")
TRACER = Path(__file__).parent / "php" / "hook_trace.php"
ORDER_API = Path(__file__).parent / "php" / "order_api.php"
HPOS = "UPDATE wp_options SET option_value = '{}' WHERE option_name = 'woocommerce_custom_orders_table_enabled'"
MU_PLUGINS = "/var/lib/wordpress/wp-content/mu-plugins"
TRACE = "/var/lib/wordpress/wp-content/uploads/hook_trace.jsonl"

# As measured on WooCommerce 11.0 with orders in tables of their own; saves may come in between.
BLOCK = [
    "woocommerce_store_api_checkout_update_customer_from_request",
    "woocommerce_checkout_create_order_line_item", "woocommerce_before_order_object_save",
    "woocommerce_new_order_item", "woocommerce_after_order_object_save",
    "woocommerce_store_api_checkout_order_created", "woocommerce_store_api_checkout_update_order_meta",
    "woocommerce_store_api_checkout_update_order_from_request", "woocommerce_new_order",
    "woocommerce_order_status_pending", "woocommerce_order_status_changed",
    "woocommerce_store_api_checkout_order_processed", "woocommerce_rest_checkout_process_payment_with_context",
    "woocommerce_order_status_processing", "woocommerce_reduce_order_stock",
    "woocommerce_order_status_pending_to_processing", "woocommerce_email_sent", "woocommerce_order_status_changed",
    "woocommerce_order_payment_status_changed", "woocommerce_before_order_object_save",
    "woocommerce_after_order_object_save", "rest_request_after_callbacks",
]  # fmt: skip
CLASSIC = [
    "woocommerce_before_checkout_process", "woocommerce_checkout_process", "woocommerce_checkout_posted_data",
    "woocommerce_checkout_create_order_line_item", "woocommerce_checkout_create_order",
    "woocommerce_before_order_object_save", "woocommerce_new_order", "woocommerce_new_order_item",
    "woocommerce_after_order_object_save", "woocommerce_checkout_update_order_meta",
    "woocommerce_checkout_order_created", "woocommerce_checkout_order_processed",
    "woocommerce_order_status_processing", "woocommerce_reduce_order_stock",
    "woocommerce_order_status_pending_to_processing", "woocommerce_email_sent", "woocommerce_order_status_changed",
    "woocommerce_order_payment_status_changed", "woocommerce_payment_successful_result",
]  # fmt: skip
# The hooks that others hang themselves on, and what they are given there.
ARGUMENTS = {
    "woocommerce_store_api_checkout_order_processed": ["object"],
    "woocommerce_checkout_order_processed": ["integer", "array", "object"],
    "woocommerce_payment_successful_result": ["array", "integer"],
    "woocommerce_order_status_changed": ["integer", "string", "string", "object"],
    "woocommerce_new_order": ["integer", "object"],
    "woocommerce_after_order_object_save": ["object", "object"],
    "rest_request_after_callbacks": ["object", "array", "object"],
}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with wordpress_lab("wp", "--permit") as made:
        made.permit("nyc3", "sfo3")
        yield made


def acknowledged(answer: dict[str, Any]) -> int:
    assert answer["status"] == 200, answer
    said = answer["json"]
    assert said.get("result") == "success" or said["payment_result"]["payment_status"] == "success", answer
    return int(said["order_id"])


def test_both_regions_serve_the_shop(lab: Lab) -> None:
    """The same pages from either database; and nobody starts the cron or logs in by XML from outside."""
    for region in ("nyc3", "sfo3"):
        pages = lab.shop("pages", region, paths=["/", "/product/storm-lantern/", "/cart/", "/healthz"])
        assert [page["status"] for page in pages.values()] == [200, 200, 200, 200]
        assert pages["/"]["text"].count("woocommerce-loop-product__title") == len(lab.products) == 20
        assert json.loads(pages["/healthz"]["text"])["region"] == region
        closed = lab.shop("pages", region, paths=["/wp-cron.php", "/xmlrpc.php", "/.htaccess"])
        assert [page["status"] for page in closed.values()] == [404, 404, 404]


def test_without_a_permit_nothing_that_writes_reaches_wordpress(lab: Lab) -> None:
    """Refused by nginx, as in the plain shop: posts, and the links that put things into a cart. Pages stay."""
    for droplet in lab.droplets("nyc3"):
        lab.on(droplet, "rm /run/farshore/permit.json")
    product = lab.products[0]
    refused = [
        lab.shop("cart", product=product),
        lab.shop("block", product=product),
        lab.shop("classic", product=product),
    ]
    pages = lab.shop("pages", paths=["/", f"/?add-to-cart={product}", "/?wc-api=wc_stripe", "/cart/", "/healthz"])
    lab.permit("nyc3")
    assert [answer["status"] for answer in refused] == [503, 503, 503]
    assert all(answer["json"]["cart_kept"] and "retry-after" in answer["headers"] for answer in refused)
    assert [page["status"] for page in pages.values()] == [200, 503, 503, 200, 200]


@pytest.mark.parametrize("checkout", ["block", "classic"])
def test_an_acknowledged_order_is_whole_in_both_databases(lab: Lab, checkout: str) -> None:
    """Order, key, both addresses, items with their meta, notes, stock: row for row."""
    product = lab.products[2]
    before = lab.stock(product)
    answer = lab.shop(checkout, product=product)
    order = acknowledged(answer)
    lab.until_replicated()
    rows = lab.order_rows(order, "nyc3")
    assert rows == lab.order_rows(order, "sfo3")
    bought = 2 if checkout == "block" else 1
    ((_, status, currency, _, _, total, *_),) = rows["wp_wc_orders"]
    assert (status, currency, float(total)) == ("wc-processing", "USD", 42.0 * bought)
    assert len(rows["wp_wc_order_addresses"]) == 2
    assert [row[1] for row in rows["wp_woocommerce_order_items"]] == ["Storm lantern"]
    meta = {key: value for _, _, key, value in rows["itemmeta"]}
    assert (meta["_qty"], meta["_reduced_stock"], float(meta["_line_total"])) == (
        str(bought),
        str(bought),
        42.0 * bought,
    )
    ((key, reduced),) = lab.sql(
        f"SELECT order_key, order_stock_reduced FROM wp_wc_order_operational_data WHERE order_id = {order}"
    )
    assert key in json.dumps(answer["json"])
    assert reduced == "1"
    assert lab.stock(product) == lab.stock(product, "sfo3") == before - bought
    assert len(rows["notes"]) >= 2


def test_orders_can_live_among_the_posts(lab: Lab) -> None:
    """HPOS off, by the option that the real one asks: posts and postmeta, and no row in the other tables."""
    lab.sql(HPOS.format("no"))
    try:
        orders = [acknowledged(lab.shop(checkout, product=lab.products[3])) for checkout in ("block", "classic")]
    finally:
        lab.sql(HPOS.format("yes"))
    lab.until_replicated()
    for order in orders:
        assert lab.sql(f"SELECT count(*) FROM wp_wc_orders WHERE id = {order}") == [["0"]]
        for region in ("nyc3", "sfo3"):
            post = lab.sql(f"SELECT post_type, post_status FROM wp_posts WHERE ID = {order}", region)
            assert post == [["shop_order", "wc-processing"]]
            meta = dict(lab.sql(f"SELECT meta_key, meta_value FROM wp_postmeta WHERE post_id = {order}", region))
            assert meta["_order_key"].startswith("wc_order_")
            assert (meta["_billing_first_name"], meta["_order_stock_reduced"]) == ("Ada", "yes")


@contextmanager
def tracing(shop: Lab) -> Iterator[None]:
    for droplet in shop.droplets("nyc3"):
        shop.on(droplet, f"mkdir -p {MU_PLUGINS}; cat > {MU_PLUGINS}/hook_trace.php", TRACER.read_text())
    yield
    for droplet in shop.droplets("nyc3"):
        shop.on(droplet, f"rm {MU_PLUGINS}/hook_trace.php")


@pytest.fixture
def traced(lab: Lab) -> Iterator[Lab]:
    with tracing(lab):
        yield lab


def test_a_checkouts_hooks_come_in_the_measured_order(traced: Lab) -> None:
    """Whoever journals or guards orders hangs on these: a stand-in with another order would prove nothing."""
    hooks_are_in_order(traced)


def hooks_are_in_order(shop: Lab) -> None:
    for checkout, expected in (("block", BLOCK), ("classic", CLASSIC)):
        acknowledged(shop.shop(checkout, product=shop.products[4]))
        lines = [shop.on(droplet, f"cat {TRACE} 2>/dev/null; rm -f {TRACE}") for droplet in shop.droplets("nyc3")]
        fired = json.loads("".join(lines).splitlines()[-1])
        assert missing_in_order(expected, [hook for hook, _ in fired]) == []
        for hook, arguments in fired:
            # Inside a preloaded request the answer may still be an error or nothing.
            if hook in ARGUMENTS and not (hook == "rest_request_after_callbacks" and arguments[0] != "object"):
                assert arguments == ARGUMENTS[hook], hook


def missing_in_order(expected: list[str], fired: list[str]) -> list[str]:
    """What of `expected` does not come, in this order, somewhere in `fired`."""
    rest = iter(fired)
    return [hook for hook in expected if hook not in rest]


@pytest.mark.parametrize(
    ("checkout", "hook", "refused"),
    [
        ("block", "woocommerce_store_api_checkout_order_processed", True),
        ("classic", "woocommerce_checkout_create_order", True),
        ("classic", "woocommerce_checkout_order_processed", True),
        ("block", "woocommerce_new_order", False),
        ("block", "woocommerce_after_order_object_save", False),
        ("classic", "woocommerce_order_status_processing", False),
        ("classic", "woocommerce_order_status_changed", False),
    ],
)
def test_exceptions_reach_the_customer_where_they_do_in_the_real_one(
    traced: Lab, checkout: str, hook: str, refused: bool
) -> None:
    """Elsewhere they are swallowed, and the customer is thanked: nothing can be refused there."""
    paid = "SELECT count(*) FROM wp_wc_orders WHERE status = 'wc-processing'"
    ((before,),) = traced.sql(paid)
    answer = traced.shop(checkout, product=traced.products[6], throw_at=hook)
    if not refused:
        acknowledged(answer)
        return
    if checkout == "block":
        assert (answer["status"], answer["json"]["message"]) == (500, "thrown by a test")
    else:
        assert (answer["status"], answer["json"]["result"]) == (200, "failure")
    assert traced.sql(paid) == [[before]], "refused before the gateway was asked"


def made_again(shop: Lab, order: int) -> dict[str, Any]:
    """What a lost order looks like that was made again, and then refunded, through the order classes."""
    writer = shop.droplets("nyc3")[0]
    shop.on(writer, "cat > /usr/local/lib/shop/order_api.php", ORDER_API.read_text())
    php = f"runuser -u www-data -- php /usr/local/lib/shop/order_api.php {order} {shop.products[2]}"
    return dict(json.loads(shop.on(writer, php).strip().splitlines()[-1]))


def expected_again(shop: Lab, order: int) -> dict[str, Any]:
    return {
        "id": order, "status": "processing", "created": 1790000000, "paid": 1790000060, "total": 84.0,
        "billing": {"first_name": "Ada", "email": "ada@example.com"}, "shipping": {"city": "New York"},
        "texts": ["txn-1", "203.0.113.9", "a browser", "abc", "checkout", "Ring twice", "yes"],
        "items": [["Storm lantern", shop.products[2], 2, 84.0, "2"]], "stock": 0.0, "mails": 0,
        "next_is_larger": True, "next_is_gone": True, "refund": [10.0, "A scratch", True],
        "refunded": [10.0, 1, "processing"], "fully": "refunded", "orders": True,
        "hooks": [
            "woocommerce_create_refund", "woocommerce_order_partially_refunded", "woocommerce_refund_created",
            "woocommerce_order_refunded", "woocommerce_create_refund", "woocommerce_order_fully_refunded",
            "woocommerce_refund_created", "woocommerce_order_refunded",
        ],
    }  # fmt: skip


@pytest.mark.parametrize(("hpos", "order"), [("yes", 900001), ("no", 900101)])
def test_a_lost_order_can_be_made_again(lab: Lab, hpos: str, order: int) -> None:
    """With its own id, key and dates, without mails, without taking stock a second time; and be refunded."""
    lab.sql(HPOS.format(hpos))
    try:
        assert made_again(lab, order) == expected_again(lab, order)
    finally:
        lab.sql(HPOS.format("yes"))


def test_a_failed_write_is_not_noticed(lab: Lab) -> None:
    """The original's worst habit, which a guard has to beat: items are refused, and the customer is thanked."""
    refuse = "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'refused'"
    lab.sql(f"CREATE TRIGGER refuse BEFORE INSERT ON wp_woocommerce_order_itemmeta FOR EACH ROW {refuse}")
    try:
        order = acknowledged(lab.shop("classic", product=lab.products[5]))
    finally:
        lab.sql("DROP TRIGGER refuse")
    rows = lab.order_rows(order, "nyc3")
    assert (len(rows["wp_wc_orders"]), rows["itemmeta"]) == (1, [])


def test_a_standby_lies_as_the_real_one_does(lab: Lab) -> None:
    """Without a must-use plugin: 201 for a cart that is not kept, a login that is forgotten; and no order."""
    before = lab.sql("SELECT max(ID) FROM wp_posts")
    cart = lab.shop("cart", "sfo3", product=lab.products[0])
    assert (cart["status"], cart["json"]["items_count"], cart["cart"]["items_count"]) == (201, 2, 0)
    block = lab.shop("block", "sfo3", product=lab.products[0])
    assert (block["status"], block["json"]["code"]) == (409, "woocommerce_rest_cart_empty")
    classic = lab.shop("classic", "sfo3", product=lab.products[0])
    assert (classic["status"], classic["json"]["result"]) == (200, "failure")
    admin = json.loads(Path(lab.made["wordpress"]["admin_file"]).read_text())
    login = {"log": admin["user"], "pwd": admin["password"], "wp-submit": "Log In"}
    answer = lab.shop("login", "sfo3", fields=login)
    assert (answer["status"], answer["headers"]["location"]) == (302, f"https://{lab.made['domain']}/wp-admin/")
    assert "wp-login.php" in answer["then"]["headers"]["location"], "the next page knows nothing of the login"
    assert lab.sql("SELECT max(ID) FROM wp_posts") == before
    welcome = lab.shop("login", "nyc3", fields=login)
    assert welcome["then"]["status"] == 200, "where the database takes the session, the same login holds"


def test_cron_runs_where_the_region_sells(lab: Lab) -> None:
    """A standby that ran it would do the first due job on every call."""
    start = (
        "systemctl start shop-cron; systemctl show -p Result --value shop-cron; systemctl is-enabled shop-cron.timer"
    )
    assert lab.on(lab.droplets("nyc3")[0], start).split() == ["success", "enabled"]
    assert lab.on(lab.droplets("sfo3")[0], start).split() == ["exec-condition", "enabled"]


def test_a_reload_waits_for_checkouts(lab: Lab) -> None:
    """PHP-FPM's default ends them where they are: charged, and not answered."""
    assert "process_control_timeout = 20s" in lab.on(lab.droplets("nyc3")[0], "php-fpm8.2 -tt 2>&1")


@pytest.mark.long
def test_a_door_that_nginx_shuts_speaks_as_the_must_use_plugin_does() -> None:
    """A block checkout is told in its way and a classic one in its own: neither breaks the page it comes from."""
    with wordpress_lab("wp-door", "--permit", "--plugin", str(ROOT / "wordpress")) as shut:
        product = shut.products[0]
        block, classic = shut.shop("block", product=product), shut.shop("classic", product=product)
        assert (block["status"], block["json"]["data"]["cart_kept"]) == (503, True)
        assert (classic["json"]["result"], "messages" in classic["json"]) == ("failure", True)
        shut.permit("nyc3")
        assert acknowledged(shut.shop("block", product=product)) > 0


@pytest.mark.long
@pytest.mark.skipif(not WOOCOMMERCE, reason="needs a WooCommerce: set TIDEPOOL_WOOCOMMERCE to its folder or zip file")
@pytest.mark.parametrize("tables", ["--hpos", "--no-hpos"])
def test_the_real_woocommerce_sells_too(tables: str) -> None:
    """The installer knows both: products, gateway, pages and, asked for, order tables. What is expected of the stand-in
    is what this one does: an order that is made again, and from the release that is played on, the hooks."""
    with wordpress_lab("wp-real", tables, woocommerce=WOOCOMMERCE, core=CORE) as real:
        assert not real.made["wordpress"]["stand_in"]
        orders = [acknowledged(real.shop(checkout, product=real.products[2])) for checkout in ("block", "classic")]
        real.until_replicated()
        for order in orders:
            kept = (
                real.sql(f"SELECT count(*) FROM wp_wc_orders WHERE id = {order}", "sfo3")
                if tables == "--hpos"
                else [["1"]]
            )
            kind = real.sql(f"SELECT post_type FROM wp_posts WHERE ID = {order}", "sfo3")
            assert kept == [["1"]]
            assert kind == [["shop_order_placehold" if tables == "--hpos" else "shop_order"]]
        assert made_again(real, 900001) == expected_again(real, 900001)
        if tables == "--hpos" and " 11." in real.made["wordpress"]["shop_plugin"]:
            with tracing(real):
                hooks_are_in_order(real)
