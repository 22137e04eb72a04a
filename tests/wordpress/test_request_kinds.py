"""What a request asks for, told from the request alone: the door's table."""

import json
from typing import Any

import pytest
from wordpress_site import Box

pytestmark = pytest.mark.lab

JSON = {"HTTP_ACCEPT": "application/json"}


def _asked(
    method: str, uri: str, script: str = "/index.php", get: Any = None, post: Any = None, **more: str
) -> list[Any]:
    query = dict(pair.split("=", 1) for pair in uri.partition("?")[2].split("&") if "=" in pair)
    server = {"REQUEST_METHOD": method, "REQUEST_URI": uri, "SCRIPT_NAME": script, "HTTP_ACCEPT": "text/html"} | more
    return [server, query | (get or {}) or {}, post or {}]


CASES: list[tuple[list[Any], str, str]] = [
    (_asked("GET", "/"), "read", "html"),
    (_asked("HEAD", "/shop/"), "read", "html"),
    (_asked("GET", "/?s=add-to-cart"), "read", "html"),
    (_asked("GET", "/checkout/"), "read", "html"),
    (_asked("GET", "/wp-json/wc/store/v1/cart"), "read", "json"),
    (_asked("GET", "/wp-json/wp/v2/posts?_wpnonce=abc"), "read", "json"),
    (_asked("POST", "/?wc-ajax=get_refreshed_fragments"), "read", "json"),
    (_asked("GET", "/wp-login.php", "/wp-login.php"), "read", "html"),
    (_asked("GET", "/wp-admin/edit.php?post_type=shop_order", "/wp-admin/edit.php"), "read", "html"),
    (_asked("GET", "/product/webhook-socks/"), "read", "html"),
    (_asked("POST", "/contact/"), "write", "html"),
    (_asked("POST", "/contact/", HTTP_ACCEPT="application/json"), "write", "json"),
    (_asked("DELETE", "/"), "write", "html"),
    (_asked("GET", "/?add-to-cart=5"), "write", "html"),
    (_asked("GET", "/cart/?remove_item=abc&_wpnonce=1"), "write", "html"),
    (_asked("GET", "/my-account/delete-payment-method/3/?_wpnonce=1"), "write", "html"),
    (_asked("GET", "/my-account/orders/?cancel_order=true&order_id=4"), "write", "html"),
    (_asked("GET", "/?wc-ajax=add_to_cart"), "write", "json"),
    (_asked("POST", "/?wc-ajax=update_order_review"), "write", "json"),
    (_asked("POST", "/wp-json/wc/store/v1/cart/add-item"), "write", "json"),
    (_asked("POST", "/?rest_route=%2Fwc%2Fstore%2Fcart", get={"rest_route": "/wc/store/cart"}), "write", "json"),
    (_asked("GET", "/wp-json/wp/v2/posts/1?_method=DELETE"), "write", "json"),
    (_asked("GET", "/wp-json/wp/v2/posts/1", HTTP_X_HTTP_METHOD_OVERRIDE="PUT"), "write", "json"),
    (_asked("POST", "/xmlrpc.php", "/xmlrpc.php"), "write", "xmlrpc"),
    (_asked("POST", "/wp-comments-post.php", "/wp-comments-post.php"), "write", "html"),
    (_asked("POST", "/?wc-ajax=get_refreshed_fragments", post={"time": "1"}), "read", "json"),
    (_asked("POST", "/?wc-ajax=get_refreshed_fragments", post={"add-to-cart": "1"}), "write", "json"),
    (_asked("GET", "/?wc-ajax=get_refreshed_fragments&add-to-cart=1"), "write", "json"),
    (_asked("POST", "/wp-json/wc/store/v1/checkout"), "checkout", "json"),
    (_asked("POST", "//wp-json/wc/store/v1/checkout"), "checkout", "json"),
    (_asked("POST", "/wp%2Djson/wc/store/v1/%63heckout"), "checkout", "json"),
    (_asked("POST", "/shop/wp-json/wc/store/v1/checkout?x=http://a/b"), "checkout", "json"),
    (_asked("POST", "/wp-json/wc/store/checkout/123"), "checkout", "json"),
    (_asked("POST", "/index.php/wp-json/wc/store/v1/checkout"), "checkout", "json"),
    (_asked("POST", "/?rest_route=x", get={"rest_route": "/wc/store/v1/checkout/"}), "checkout", "json"),
    (_asked("POST", "/", post={"rest_route": "/wc/store/v1/checkout"}), "checkout", "json"),
    (_asked("POST", "/wp-json/wc/v3/orders"), "checkout", "json"),
    (_asked("PUT", "/wp-json/wc/v3/orders/12"), "checkout", "json"),
    (_asked("POST", "/wp-json/wc/v3/orders/12/refunds"), "checkout", "json"),
    (_asked("POST", "/?wc-ajax=checkout"), "checkout", "classic"),
    (_asked("POST", "/?wc-ajax=wc_stripe_create_order"), "checkout", "json"),
    (_asked("POST", "/checkout/", post={"woocommerce-process-checkout-nonce": "1"}), "checkout", "html"),
    (_asked("POST", "/checkout/order-pay/5/", post={"woocommerce_pay": "1"}), "checkout", "html"),
    (
        _asked("POST", "/wp-admin/admin-ajax.php", "/wp-admin/admin-ajax.php", post={"action": "woocommerce_checkout"}),
        "checkout",
        "classic",
    ),
    (_asked("POST", "/wp-login.php", "/wp-login.php"), "login", "html"),
    (_asked("POST", "/my-account/", post={"woocommerce-login-nonce": "1"}), "login", "html"),
    (_asked("GET", "/wp-login.php?action=logout&_wpnonce=1", "/wp-login.php"), "login", "html"),
    (_asked("POST", "/wp-admin/post.php", "/wp-admin/post.php"), "admin", "html"),
    (_asked("GET", "/wp-admin/post-new.php", "/wp-admin/post-new.php"), "admin", "html"),
    (_asked("GET", "/wp-admin/plugins.php?action=activate&_wpnonce=1", "/wp-admin/plugins.php"), "admin", "html"),
    (_asked("GET", "/wp-admin/admin.php?page=wc-orders&action=new", "/wp-admin/admin.php"), "admin", "html"),
    (_asked("POST", "/?wc-api=wc_stripe"), "webhook", "html"),
    (_asked("GET", "/wc-api/WC_Gateway_Paypal/"), "webhook", "html"),
    (_asked("POST", "/wp-json/wc/v3/stripe/webhook"), "webhook", "json"),
    (_asked("POST", "/wp-json/paypal/v1/incoming-webhooks", HTTP_ACCEPT="*/*"), "webhook", "json"),
    (_asked("POST", "/wp-json/wc/v3/webhooks"), "write", "json"),
    (_asked("GET", "/wp-cron.php?doing_wp_cron", "/wp-cron.php"), "cron", "html"),
]


@pytest.fixture(scope="module")
def judged(box: Box) -> list[list[str]]:
    told: list[list[str]] = json.loads(box.php("requests.php", [case[0] for case in CASES]))
    return told


def test_every_request_is_what_it_is(judged: list[list[str]]) -> None:
    """One row for each road into WordPress and WooCommerce."""
    wrong = [
        (asked[0]["REQUEST_METHOD"], asked[0]["REQUEST_URI"], found, [kind, shape])
        for (asked, kind, shape), found in zip(CASES, judged, strict=True)
        if found != [kind, shape]
    ]
    assert wrong == []
