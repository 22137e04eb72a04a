"""The bridge: a buyer whose resolver still knows the old region buys through it at once."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from engine_lab import NEEDS_LAB, world
from shop_lab import BUYER, Shop, seeded

pytestmark = NEEDS_LAB
ORDER = [*BUYER, "-d", "product=2"]


@pytest.fixture(scope="module")
def regions() -> Iterator[tuple[Shop, Shop]]:
    """After a failover: the old region is the standby, the new one sells under epoch 2. The old door still answers."""
    with world("s-bridge", "mysql") as lab:
        pair = seeded(lab)
        pair.until_replica_says("SELECT count(*) FROM products", "20")
        lab.do(lab.backend.database_promote(pair.replica))
        new = Shop(lab, "sfo3", pair.replica, pair.copied)
        old = Shop(lab, "nyc3", pair.primary, pair.made)
        new.point("writer", 2)
        yield old, new


@pytest.fixture(autouse=True)
def bridged(regions: tuple[Shop, Shop]) -> None:
    old, new = regions
    new.permit(epoch=2)
    old.point("standby", 2)
    old.remove("permit.json")
    _bridge(old, new.balancer, "writes")


def _bridge(shop: Shop, address: Any, what: str) -> None:
    """As the agent does it."""
    shop.put("bridge.conf", f'set $bridge_to "https://{address}";\nset $bridge_what "{what}";\n')
    workers = ["sh", "-c", "ps -o pid=,args= -C nginx | awk '/worker process/ {print $1}'"]
    before = set(shop.run(*workers).split())
    shop.run("sh", "-c", "nginx -t && nginx -s reload && : > /var/log/nginx/bridge.log")

    async def reloaded() -> bool:
        """The signal is only sent when the command is over: the old workers must be seen to go."""
        now = set((await shop.host.run(workers)).split())
        return bool(now) and not now & before

    shop.lab.until(reloaded, "the old workers are gone")


def _handed(shop: Shop) -> int:
    return len(shop.run("cat", "/var/log/nginx/bridge.log").splitlines())


def test_a_late_visitor_buys_through_the_old_region(regions: tuple[Shop, Shop], tmp_path: Any) -> None:
    """Cart and order by the old address; pages still come from the old region."""
    old, new = regions
    before, jar = new.count(), str(tmp_path / "jar")
    assert old.ask("/cart", "-c", jar, "-b", jar, "-d", "product=3", "-d", "qty=2")[0] == 200
    status, body = old.ask("/checkout", "-b", jar, "-c", jar, *BUYER)
    assert status == 200, body
    order = json.loads(body)
    assert (order["region"], order["epoch"], order["total"]) == ("sfo3", 2, "84.00")
    assert new.count() == [before[0] + 1, before[1] + 1, before[2] + 1, before[3] - 2]
    assert _handed(old) == 2
    assert "x-region: nyc3" in old.ask("/", "-D", "-")[1].lower()
    assert _handed(old) == 2


def test_the_customers_address_and_host_travel_along(regions: tuple[Shop, Shop]) -> None:
    old, new = regions
    old.ask("/checkout", *ORDER)
    line = new.run("tail", "-n", "1", "/var/log/nginx/shop.log")
    assert "POST /checkout" in line
    assert _handed(old) == 1


def test_all_requests_go_over_but_those_of_the_health_check(regions: tuple[Shop, Shop]) -> None:
    """Even with the old region's database gone, its balancer finds the server healthy and pages are served."""
    old, new = regions
    _bridge(old, new.balancer, "all")
    assert "x-region: sfo3" in old.ask("/", "-D", "-")[1].lower()
    assert "x-region: nyc3" in old.ask("/healthz", "-D", "-")[1].lower()
    assert old.ask("/healthz/deep")[0] == 503
    assert json.loads(old.ask("/checkout", *ORDER)[1])["region"] == "sfo3"
    assert _handed(old) == 2


def test_a_request_crosses_once(regions: tuple[Shop, Shop]) -> None:
    """Two regions that point at each other, for whatever reason."""
    old, new = regions
    try:
        _bridge(new, old.balancer, "writes")
        assert old.ask("/checkout", *ORDER)[0] == 503
        assert (_handed(old), _handed(new)) == (1, 0)
        assert old.ask("/checkout", "-H", "Farshore-Bridge: 1", *ORDER)[0] == 503
        assert _handed(old) == 1
    finally:
        new.remove("bridge.conf")
        new.run("nginx", "-s", "reload")


def test_a_bridge_to_nowhere_is_a_polite_no(regions: tuple[Shop, Shop]) -> None:
    """Nobody there, and somebody there who is not the shop: its certificate is another's."""
    old, _ = regions
    for address in ("198.51.100.250", "203.0.113.10"):
        _bridge(old, address, "writes")
        status, body = old.ask("/checkout", *ORDER)
        assert (status, json.loads(body)["cart_kept"]) == (503, True), address
        assert _handed(old) == 0
    assert old.ask("/")[0] == 200


def test_the_new_region_says_no_by_itself(regions: tuple[Shop, Shop]) -> None:
    """Its own 503 comes through as it is: the bridge hides nothing and repeats nothing."""
    old, new = regions
    new.remove("permit.json")
    status, body = old.ask("/checkout", "-D", "-", *ORDER)
    assert (status, "x-region: sfo3" in body.lower(), "retry-after: 5" in body.lower()) == (503, True, True)
    assert _handed(old) == 1


def test_power_comes_back_and_the_old_region_serves_nothing_of_the_old_database(regions: tuple[Shop, Shop]) -> None:
    """No endpoint, no permit, no bridge: closed until somebody points it."""
    old, _ = regions
    old.lab.do(old.host.kill())
    old.lab.do(old.lab.lab.restart(old.host))
    old.lab.do(old.host.wait_ready())
    ask = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}"]

    async def answers() -> bool:
        return "200" in await old.host.run([*ask, "http://127.0.0.1/healthz"], check=False)

    old.lab.until(answers, "the shallow check answers")
    assert old.run(*ask, "http://127.0.0.1/") == "503"
    assert old.run(*ask, "-d", "product=1", "http://127.0.0.1/checkout") == "503"
    old.point("standby", 2)
    assert old.run(*ask, "http://127.0.0.1/") == "200"
