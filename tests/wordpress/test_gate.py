"""The gate on a real WordPress: while the shop is closed no row changes, whatever is asked, and nothing lies."""

import fcntl
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from wordpress_site import Answer, Site

pytestmark = pytest.mark.lab

LOGIN = {"log": "admin", "pwd": "harbour-light", "wp-submit": "Log In", "testcookie": "1"}
COOKIE = {"Cookie": "wordpress_test_cookie=WP%20Cookie%20check"}


def _every_road(site: Site) -> dict[str, Answer]:
    """All ways in which WordPress may be asked to write, and some in which it does so unasked."""
    ask = site.ask
    return {
        "home": site.get("/"),
        "a page that counts": site.get("/?counted=1"),
        "a page that locks": site.get("/?locked=1"),
        "search": site.get("/?s=hello"),
        "feed": site.get("/feed/"),
        "login form": site.get("/wp-login.php"),
        "REST read": site.get("/wp-json/wp/v2/posts"),
        "REST read that writes": site.get("/wp-json/farshore-test/v1/write"),
        "login": ask("POST", "/wp-login.php", form=LOGIN, headers=COOKIE),
        "lost password": ask("POST", "/wp-login.php?action=lostpassword", form={"user_login": "admin"}),
        "comment": ask("POST", "/wp-comments-post.php", form=_comment(site)),
        "REST write": ask("POST", "/wp-json/farshore-test/v1/write", data={}),
        "REST write by another name": site.get("/wp-json/farshore-test/v1/write?_method=POST"),
        "REST by a parameter": ask("PUT", "/?rest_route=/farshore-test/v1/write", data={}),
        "admin-post": ask("POST", "/wp-admin/admin-post.php", form={"action": "farshore_test"}),
        "admin-post by a link": site.get("/wp-admin/admin-post.php?action=farshore_test"),
        "admin-ajax": ask("POST", "/wp-admin/admin-ajax.php", form={"action": "farshore_test"}),
        "admin-ajax by a link": site.get("/wp-admin/admin-ajax.php?action=farshore_test"),
        "cron": site.get("/wp-cron.php?doing_wp_cron=1"),
        "xmlrpc": ask("POST", "/xmlrpc.php", data={}),
        "webhook": ask("POST", "/?wc-api=gateway", data={}),
        "webhook by a path": ask("POST", "/wp-json/gateway/v1/webhook", data={}),
        "wp-admin": site.get("/wp-admin/"),
        "cart": site.get("/?add-to-cart=1"),
        "deep check": site.get("/healthcheck.php"),
    }


def _comment(site: Site) -> dict[str, str]:
    return {"comment_post_ID": str(site.facts["post"]), "author": "A", "email": "a@example.com", "comment": "Hello."}


def _standby(site: Site) -> None:
    site.standby()


def _no_permit(site: Site) -> None:
    site.box.without("permit.json")


def _ran_out(site: Site) -> None:
    site.box.permit(-0.001)


def _other_epoch(site: Site) -> None:
    site.box.permit(60, epoch=7)


def _nobody_knows(site: Site) -> None:
    site.box.without("endpoint.json")


@pytest.mark.parametrize("shut", [_standby, _no_permit, _ran_out, _other_epoch, _nobody_knows])
def test_closed_means_that_no_row_changes(site: Site, shut: Callable[[Site], None]) -> None:
    """Compared by the checksum of every table, for every road, in every way of being closed."""
    shut(site)
    before = site.checksum()
    answers = _every_road(site)
    assert {name: site.checksum()[name] for name in before if site.checksum()[name] != before[name]} == {}
    lies = {name for name, answer in answers.items() if "written" in answer.body + answer.headers.get("location", "")}
    assert lies == set()
    assert {name for name, answer in answers.items() if answer.status in {201, 202}} == set()
    assert site.box.php("cli_write.php").strip() == "refused"
    assert site.checksum() == before


def test_the_same_roads_write_when_the_shop_is_open(site: Site) -> None:
    """Or the test above would prove nothing."""
    before = site.checksum()
    answers = _every_road(site)
    after = site.checksum()
    assert {name for name in before if before[name] != after[name]} >= {
        "shop.wp_options",
        "shop.wp_usermeta",
        "shop.wp_comments",
    }
    assert answers["REST write"].status == 201
    assert answers["login"].status == 302
    assert answers["admin-post"].status == 302
    assert answers["webhook"].status == 200
    assert answers["deep check"].json() == {"ok": True, "role": "writer", "epoch": 1, "region": "nyc3"}
    assert site.box.php("cli_write.php").strip() == "written"


def test_a_standby_serves_pages_and_says_so(site: Site) -> None:
    site.standby()
    page = site.get("/")
    assert page.status == 200
    assert "Browsing only for a moment" in page.body
    assert page.headers["cache-control"] == "no-store"
    assert (page.headers["x-region"], page.headers["x-epoch"]) == ("nyc3", "1")
    assert site.get("/?counted=1").status == 200
    assert "Nobody can log in for a moment" in site.get("/wp-login.php").body
    assert "<!-- rows: 0 -->" in site.get("/?locked=1").body  # and not the rows of the statement before


def test_an_open_shop_has_no_notice(site: Site) -> None:
    page = site.get("/")
    assert page.status == 200
    assert "Browsing only" not in page.body
    assert (page.headers["x-region"], page.headers["x-epoch"]) == ("nyc3", "1")


@pytest.mark.parametrize("shut", [_standby, _no_permit, _ran_out])
def test_a_refusal_is_polite_and_in_the_shape_that_was_asked_for(site: Site, shut: Callable[[Site], None]) -> None:
    """No false 201 for a cart, no false 302 for a login, no false success for a checkout."""
    shut(site)
    rest = site.ask("POST", "/wp-json/wc/store/v1/cart/add-item", data={"id": 1})
    assert (rest.status, rest.headers["retry-after"]) == (503, "5")
    assert rest.json()["code"] == "farshore_write"
    block = site.ask("POST", "/wp-json/wc/store/v1/checkout", data={})
    assert (block.status, block.json()["code"]) == (503, "farshore_closed")
    classic = site.ask("POST", "/?wc-ajax=checkout", form={"billing_email": "a@example.com"})
    assert classic.status == 200
    assert classic.json()["result"] == "failure"
    assert "your cart is kept" in classic.json()["messages"]
    login = site.ask("POST", "/wp-login.php", form=LOGIN, headers=COOKIE)
    assert login.status == 503
    assert "set-cookie" not in login.headers
    assert "Nobody can log in" in login.body
    admin = site.ask("POST", "/wp-admin/post.php", form={"action": "editpost"})
    assert admin.status == 503
    assert "your change was not saved" in admin.body


def test_a_planned_move_says_until_when(site: Site) -> None:
    site.box.permit(60, soft_s=120)
    site.box.put("closed.json", json.dumps({"reopens_at": "2099-01-01T10:00:00Z", "why": "The shop is moving."}))
    closed = site.ask("POST", "/wp-json/wc/store/v1/checkout", data={})
    assert closed.headers["retry-after"] == "3600"
    assert closed.json()["data"]["reopens_at"] == "2099-01-01T10:00:00Z"
    assert "It opens again at about 10:00 UTC." in site.get("/").body
    assert site.ask("POST", "/checkout/", form={"woocommerce_pay": "1"}).body.count("The shop is moving.") == 1


def test_within_the_margin_carts_and_logins_still_work(site: Site) -> None:
    """Only what cannot be expected to end in time is not begun."""
    site.box.permit(60, soft_s=120)
    assert site.ask("POST", "/wp-json/farshore-test/v1/write", data={}).status == 201
    assert site.ask("POST", "/wp-login.php", form=LOGIN, headers=COOKIE).status == 302
    assert site.ask("POST", "/?wc-api=gateway", data={}).status == 503


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("POST", "/wp-json/farshore-test/v1/write?outlast=1", {"data": {}}),
        ("POST", "/wp-admin/admin-post.php", {"form": {"action": "farshore_test", "outlast": "1"}}),
        ("POST", "/wp-admin/admin-ajax.php", {"form": {"action": "farshore_test", "outlast": "1"}}),
    ],
)
def test_a_permit_that_runs_out_on_the_way_ends_in_no_false_success(
    site: Site, method: str, path: str, more: Any
) -> None:
    """The first write went through, the second was refused: 201, redirect and cookie are taken back."""
    before = site.rows("SELECT option_value FROM wp_options WHERE option_name = 'farshore_test'")
    site.box.permit(1.5)
    answer = site.ask(method, path, **more)
    assert answer.status == 503
    assert "retry-after" in answer.headers
    assert "location" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert "written" not in answer.body
    assert site.rows("SELECT option_value FROM wp_options WHERE option_name = 'farshore_test'") != before


def test_a_renewed_permit_carries_a_long_request_through(site: Site) -> None:
    """The agent renews the file while the request runs; a newer permit of the same epoch is as good."""
    site.box.permit(1.5)
    begun = site.box.run / "begun"
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(site.ask, "POST", "/wp-json/farshore-test/v1/write?outlast=1", data={})
        while not begun.exists() and not running.done():
            time.sleep(0.005)
        site.box.permit(60)
        assert running.result().status == 201


def test_whoever_closes_the_shop_holds_the_lock_and_nothing_begins(site: Site) -> None:
    with (site.box.run / "checkouts.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert site.ask("POST", "/wp-json/farshore-test/v1/write", data={}).status == 503
        assert site.get("/").status == 200
    assert site.ask("POST", "/wp-json/farshore-test/v1/write", data={}).status == 201


def test_webhooks_wait_until_orders_are_reconciled(site: Site) -> None:
    """A provider that hears 503 sends again; one that hears 200 for an unknown order never does."""
    site.box.put("unreconciled")
    for path in ("/?wc-api=gateway", "/wp-json/gateway/v1/webhook"):
        refused = site.ask("POST", path, data={})
        assert (refused.status, refused.headers["retry-after"]) == (503, "5")
    assert site.ask("POST", "/wp-json/farshore-test/v1/write", data={}).status == 201
    site.box.without("unreconciled")
    assert site.ask("POST", "/?wc-api=gateway", data={}).status == 200


def test_a_new_epoch_is_an_empty_cache(site: Site) -> None:
    assert f"<!-- shop:e1: shop:e1: 127.0.0.1:{site.server.port} -->" in site.get("/?prefix=1").body
    site.box.endpoint("writer", site.server.port, epoch=2)
    assert "<!-- shop:e2: shop:e2:" in site.get("/?prefix=1").body


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"store": "shop"}',
        '{"store": "shop", "permit": "yes"}',
        '{"store": "shop", "permit": true, "journal": "open"}',
    ],
)
def test_settings_that_make_no_sense_close_the_shop(site: Site, text: str) -> None:
    """Whoever cannot tell whether orders need a permit takes none."""
    (site.box.etc / "wordpress.json").write_text(text)
    page = site.get("/")
    assert page.status == 503
    assert "retry-after" in page.headers
    assert "wordpress.json" not in page.body


def test_sentences_can_be_in_the_shops_own_language(site: Site) -> None:
    site.box.settings(sentences={"notice": "Nur schauen, bitte."})
    site.standby()
    assert "Nur schauen, bitte." in site.get("/").body
