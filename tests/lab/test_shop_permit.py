"""The shop obeys the permit: whatever the agent does or fails to do, no order is acknowledged after the deadline."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from engine_lab import NEEDS_LAB, world
from shop_lab import BUYER, Shop, seeded, status_and_body

from tidepool.lab.cell import CellError

pytestmark = NEEDS_LAB
LOCK = "/run/farshore/checkouts.lock"
ORDER = [*BUYER, "-d", "product=2"]
HTML = ["-H", "Accept: text/html,*/*"]
HEADERS = ["-D", "-"]


@pytest.fixture(scope="module", params=["mysql", "pg"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    with world(f"s-permit-{request.param}", request.param) as lab:
        pair = seeded(lab)
        yield Shop(lab, "nyc3", pair.primary, pair.made)


@pytest.fixture(autouse=True)
def writer(shop: Shop) -> None:
    shop.remove("closed.json")
    shop.point("writer", 1)
    shop.permit()


def _order_is_refused(shop: Shop) -> bool:
    before = shop.count()
    status, body = shop.ask("/checkout", *ORDER)
    assert shop.count() == before or status == 200
    return status == 503 and json.loads(body)["cart_kept"]


def test_without_a_permit_it_browses_and_sells_nothing(shop: Shop) -> None:
    assert not _order_is_refused(shop)
    shop.remove("permit.json")
    assert _order_is_refused(shop)
    assert [shop.ask(path)[0] for path in ("/", "/product/1", "/cart", "/healthz")] == [200] * 4
    status, body = shop.ask("/healthz/deep")
    assert (status, json.loads(body)["error"]) == (503, "no permit")
    assert "Browsing only" in shop.ask("/")[1]
    shop.permit()
    assert shop.ask("/healthz/deep")[0] == 200
    assert "Browsing only" not in shop.ask("/")[1]


def test_both_clocks_must_be_ahead_and_the_epoch_the_same(shop: Shop) -> None:
    """The file is there in each case, so it is PHP that refuses."""
    for bad in ({"until_boot_ns": 1}, {"until_mono_ns": 1}, {"epoch": 2}, {"soft_ns": 10**13}, {"left_s": 1.4}):
        shop.permit(**bad)
        assert _order_is_refused(shop), bad
        assert shop.ask("/healthz/deep")[0] == 503, bad
    shop.permit(epoch=2)
    shop.point("writer", 2)
    assert not _order_is_refused(shop)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"epoch": 1}', "soft", "float"], ids=lambda text: text or "empty"
)
def test_a_permit_that_cannot_be_read_is_none(shop: Shop, text: str) -> None:
    """Half a file, an older version's, numbers that are none."""
    if text == "soft":
        shop.permit(soft_ns=-1)
    elif text == "float":
        shop.permit(until_boot_ns=1e18)
    else:
        shop.put("permit.json", text)
    assert _order_is_refused(shop)


def test_a_deadline_in_the_middle_of_an_order_stops_its_statements(shop: Shop, tmp_path: Any) -> None:
    """Admitted in time, then slower than the permit lasts: the later statements are not even sent."""
    jar = str(tmp_path / "jar")
    shop.fill_cart(jar, 8)
    before = shop.count()
    with shop.slow("products", 0.4):
        shop.permit(left_s=1.6, soft_s=0)
        status, body = shop.ask("/checkout", "-b", jar, *BUYER)
    assert (status, "not confirmed" in body) == (503, True)
    assert shop.count()[3] > before[3] - 8, "the stock of the last lines is untouched"


def test_the_last_look_is_after_the_last_statement(shop: Shop) -> None:
    """Every row is written, the status too, and the permit runs out during that last statement."""
    before = shop.count()
    with shop.slow("orders", 0.6):
        buyer = shop.start_asking("/checkout", *ORDER)
        shop.until_orders(before[0] + 1)
        status, _ = status_and_body(buyer)
        assert status == 200, "slow alone is no reason"
        shop.permit(left_s=0.55, soft_s=0)
        status, body = shop.ask("/checkout", "-D", "-", *ORDER)
    assert (status, "not confirmed" in body) == (503, True)
    assert "set-cookie" not in body.lower(), "the cart is kept"


def test_a_frozen_server_that_thaws_after_the_deadline_says_nothing_good(shop: Shop, tmp_path: Any) -> None:
    """Its clocks ran on while it was stopped."""
    jar = str(tmp_path / "jar")
    shop.fill_cart(jar, 5)
    before = shop.count()
    with shop.slow("products", 0.3):
        shop.permit(left_s=3, soft_s=0)
        over_s = time.monotonic() + 3
        buyer = shop.start_asking("/checkout", "-b", jar, *BUYER)
        shop.until_orders(before[0] + 1)
        shop.run("pkill", "-STOP", "-f", "pool shop")
        while time.monotonic() < over_s:
            time.sleep(0.05)
        shop.run("pkill", "-CONT", "-f", "pool shop")
        assert status_and_body(buyer)[0] == 503


def test_whoever_closes_the_shop_can_wait_for_the_checkouts_that_run(shop: Shop, tmp_path: Any) -> None:
    """Each holds a shared lock until its answer is out; while the closing one holds it alone, none begins."""
    jar = str(tmp_path / "jar")
    shop.fill_cart(jar, 5)
    before = shop.count()
    alone = ["flock", "-n", "-x", LOCK, "true"]
    with shop.slow("products", 0.3):
        buyer = shop.start_asking("/checkout", "-b", jar, *BUYER)
        shop.until_orders(before[0] + 1)
        with pytest.raises(CellError):
            shop.run(*alone)
        shop.remove("permit.json")
        shop.run("flock", "-x", LOCK, "true")
        assert status_and_body(buyer)[0] == 200, "admitted before, and in time"
    shop.permit()
    shop.run("sh", "-c", f"flock -x {LOCK} sleep 30 >/dev/null 2>&1 & echo $! > /tmp/holder")
    shop.lab.until(lambda: _held(shop), "the lock is held")
    assert _order_is_refused(shop)
    shop.run("sh", "-c", "pkill -P $(cat /tmp/holder); kill $(cat /tmp/holder) 2>/dev/null || true")
    shop.run("flock", "-x", LOCK, "true")
    assert not _order_is_refused(shop)


async def _held(shop: Shop) -> bool:
    try:
        await shop.host.run(["flock", "-n", "-s", LOCK, "true"])
    except CellError:
        return True
    return False


def test_a_write_that_waits_is_ended_by_the_database(shop: Shop) -> None:
    """What waits for a lock may not commit long after the permit was looked at: it ends while the lock is held."""
    holder = shop.admin()
    holder.rows("BEGIN")
    holder.rows("UPDATE products SET stock = stock WHERE id = 2")
    assert shop.ask("/checkout", *ORDER)[0] == 503
    waiting = (
        "SELECT count(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
        if shop.lab.engine == "mysql"
        else "SELECT count(*) FROM pg_locks WHERE NOT granted"
    )
    assert shop.lab.sql(shop.server, waiting) == "0", "PHP gave up, the server went on waiting"
    holder.rows("ROLLBACK")
    assert not _order_is_refused(shop)


def test_the_closed_checkout_is_polite_to_people_and_clear_to_programs(shop: Shop) -> None:
    """Before a planned move ends, and from nginx as well as from PHP."""
    at = (datetime.now(UTC) + timedelta(seconds=90)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for close in (lambda: shop.remove("permit.json"), lambda: shop.permit(left_s=-1)):
        shop.remove("closed.json")
        close()
        status, page = shop.ask("/checkout", *HEADERS, *HTML, *ORDER)
        assert (status, "your cart is kept" in page, "retry-after: 5" in page.lower()) == (503, True, True)
        assert "text/html" in page
        shop.put("closed.json", json.dumps({"reopens_at": at, "why": "We move <b>house</b>."}))
        page = shop.ask("/checkout", *HEADERS, *HTML, *ORDER)[1]
        assert at[11:19] in page
        assert "&lt;b&gt;house" in page
        answer = json.loads(shop.ask("/checkout", *ORDER)[1])
        assert (answer["reopens_at"], answer["why"]) == (at, "We move <b>house</b>.")
        head = shop.ask("/checkout", *HEADERS, *ORDER)[1]
        wait_s = int(head.lower().split("retry-after: ")[1].split()[0])
        assert 1 <= wait_s <= 90
    shop.put("closed.json", '{"reopens_at": 5, "why": [')
    assert _order_is_refused(shop)


def test_with_php_dead_it_is_still_an_answer(shop: Shop) -> None:
    unit = shop.run("sh", "-c", "systemctl list-units --plain --no-legend 'php*-fpm*' | cut -d' ' -f1").strip()
    shop.remove("permit.json")
    shop.run("systemctl", "stop", unit)
    status, body = shop.ask("/checkout", *HEADERS, *ORDER)
    shop.run("systemctl", "start", unit)
    assert (status, "retry-after: 5" in body.lower(), "try again" in body) == (503, True, True)
