"""The plain shop on a real droplet behind a real balancer: it sells, refuses, acknowledges only what it may."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from engine_lab import NEEDS_LAB, Session, world
from shop_lab import BUYER, DOMAIN, Shop, seeded, status_and_body

pytestmark = NEEDS_LAB


@pytest.fixture(scope="module", params=["mysql", "pg"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    with world(f"c-shop-{request.param}", request.param) as lab:
        pair = seeded(lab)
        yield Shop(lab, "nyc3", pair.primary, pair.made)


@pytest.fixture(autouse=True)
def writer(shop: Shop) -> None:
    shop.point("writer", 1)
    shop.permit()


def test_an_order_is_whole_when_it_is_acknowledged(shop: Shop) -> None:
    """Row, items, meta, stock, total; and its page says so."""
    before = shop.count()
    status, body = shop.ask("/checkout", *BUYER, "-d", "product=2", "-d", "qty=3", "-d", "token=word-1")
    assert status == 200, body
    order = json.loads(body)
    assert order["epoch"] == 1
    assert order["region"] == "nyc3"
    assert shop.count() == [before[0] + 1, before[1] + 1, before[2] + 1, before[3] - 3]
    epoch = "(SELECT value FROM order_meta WHERE order_id = o.id AND name = 'epoch')"
    query = (
        "SELECT o.status, o.token, (SELECT sum(qty * price) FROM order_items WHERE order_id = o.id) - o.total, "
        f"{epoch} FROM orders o WHERE id = {order['order_id']}"
    )
    row = shop.lab.sql(shop.server, query).replace("|", "\t").split("\t")
    assert [row[0], row[1], float(row[2]), row[3]] == ["processing", "word-1", 0.0, "1"]
    page = json.loads(shop.ask(f"/order/{order['order_key']}")[1])
    assert (page["status"], page["total"], page["items"][0]["qty"]) == ("processing", order["total"], 3)


def test_a_cart_travels_in_a_cookie_that_cannot_be_forged(shop: Shop, tmp_path: Any) -> None:
    jar = str(tmp_path / "jar")
    assert shop.ask("/cart", "-c", jar, "-d", "product=1", "-d", "qty=2")[0] == 200
    assert shop.ask("/cart", "-b", jar, "-c", jar, "-d", "product=4")[0] == 200
    status, body = shop.ask("/checkout", "-b", jar, *BUYER)
    assert status == 200
    assert json.loads(body)["total"] == "190.90"
    forged = "cart=eyIxIjo5OX0%3D.0000"
    assert shop.ask("/checkout", "-b", forged, *BUYER)[0] == 400


def test_pages_are_served_and_say_what_is_not_there(shop: Shop) -> None:
    status, body = shop.ask("/")
    assert (status, body.count("class='card'")) == (200, 20)
    assert "Storm lantern" in shop.ask("/product/3")[1]
    assert [shop.ask(path)[0] for path in ("/product/99", "/order/none", "/nothing")] == [404, 404, 404]
    assert shop.ask("/healthz/deep")[0] == 200


def test_a_standby_browses_and_touches_nothing(shop: Shop) -> None:
    """Writes are refused before anything is touched: not even the id counter moves."""
    shop.point("standby", 2)
    before = shop.count()
    assert shop.ask("/checkout", *BUYER, "-d", "product=1")[0] == 503
    assert shop.ask("/cart", "-d", "product=1")[0] == 503
    status, body = shop.ask("/healthz/deep")
    assert (status, json.loads(body)["ok"], json.loads(body)["role"]) == (503, False, "standby")
    assert [shop.ask(path)[0] for path in ("/", "/product/1", "/healthz")] == [200, 200, 200]
    assert shop.count() == before


def test_an_order_that_the_epoch_overtakes_is_not_acknowledged(shop: Shop, tmp_path: Any) -> None:
    """The writer changes while the order is being written: the rows are there, the answer is 503."""
    jar = str(tmp_path / "jar")
    shop.fill_cart(jar, 5)
    before = shop.count()
    with shop.slow("products", 0.3):
        buyer = shop.start_asking("/checkout", "-b", jar, *BUYER)
        shop.until_orders(before[0] + 1)
        shop.point("writer", 2)
        status, body = status_and_body(buyer)
    assert (status, "not confirmed" in body) == (503, True)
    assert shop.count()[0] == before[0] + 1


def test_ending_the_shops_sessions_never_becomes_an_acknowledgement(shop: Shop, tmp_path: Any) -> None:
    """A fence in the middle of a checkout: the buyer gets 503, not the 200 that WooCommerce would give."""
    jar = str(tmp_path / "jar")
    shop.fill_cart(jar, 5)
    before, admin = shop.count(), shop.admin()
    with shop.slow("products", 0.3):
        buyer = shop.start_asking("/checkout", "-b", jar, *BUYER)
        shop.until_orders(before[0] + 1)
        _end_sessions(shop, admin)
        assert status_and_body(buyer)[0] == 503
    assert shop.ask("/checkout", "-b", jar, *BUYER)[0] == 200


def test_without_its_file_the_shop_is_closed_also_after_a_boot(shop: Shop) -> None:
    """A server that boots again without a controller does not know who the writer is."""
    shop.lab.do(shop.host.kill())
    shop.lab.do(shop.lab.lab.restart(shop.host))
    shop.lab.do(shop.host.wait_ready())

    async def answers() -> bool:
        return "200" in await shop.host.run(
            ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1/healthz"], check=False
        )

    shop.lab.until(answers, "the shallow check answers")
    ask = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}"]
    assert shop.lab.do(shop.host.run([*ask, "http://127.0.0.1/"])) == "503"
    assert shop.lab.do(shop.host.run([*ask, "-d", "product=1", "http://127.0.0.1/checkout"])) == "503"
    assert shop.run("ls", "/run/farshore").split() == ["checkouts.lock"], "neither endpoint nor permit outlives a boot"


def test_a_balancer_without_a_living_backend_says_503_and_reloads(shop: Shop) -> None:
    """No backend at all, then the same one again, in the running balancer."""
    certificate = shop.lab.do(shop.lab.backend.certificate_issue([DOMAIN]))
    apply = shop.lab.backend.balancer_apply
    shop.lab.do(apply(shop.door, [], {"c": certificate}))
    _until_status(shop, 503)
    shop.lab.do(apply(shop.door, [shop.host.private_ip], {"c": certificate}))
    _until_status(shop, 200)


def _until_status(shop: Shop, wanted: int) -> None:
    async def same() -> bool:
        return shop.ask("/healthz")[0] == wanted

    shop.lab.until(same, f"the balancer answers {wanted}")


def _end_sessions(shop: Shop, admin: Session) -> None:
    if shop.lab.engine == "mysql":
        # Inside a trigger a session goes by the definer's name, and KILL USER shop would not find it.
        inside = "user = 'root' AND host LIKE 'localhost:%'"
        for (session,) in admin.rows(
            f"SELECT id FROM information_schema.processlist WHERE user = 'shop' OR ({inside})"
        ):
            admin.rows(f"KILL CONNECTION {session}")
    else:
        admin.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop'")
