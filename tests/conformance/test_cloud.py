"""The cloud port: on the fake, and on pydo against the lab's API with nothing behind it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from api_serving import TOKEN, Serving

from farshore.adapters.digitalocean.account import Account
from farshore.adapters.digitalocean.cloud import DigitalOceanCloud
from farshore.model.failure import Refused
from farshore.model.region import RegionName
from farshore.ports.cloud import Balancer, Cloud, DatabaseServer, Host
from farshore.sim.fake_clock import FakeClock
from farshore.sim.fake_cloud import FakeCloud
from farshore.sim.fake_database import fake_pair

Run = Callable[[Any], Any]


@dataclass
class World:
    cloud: Cloud
    settle: Callable[[], None]


def _server(name: str, region: str, replica_of: str | None) -> DatabaseServer:
    return DatabaseServer(
        f"id-{name}", name, "mysql", RegionName(region), "online", f"{name}.db.test", f"private-{name}.db.test",
        25060, "doadmin", "secret-of-shop", "defaultdb", replica_of,
    )  # fmt: skip


def _fake() -> World:
    clock, cloud = FakeClock(), FakeCloud()
    writer, replica = fake_pair(clock)
    cloud.attach(_server("shop", "nyc3", None), writer)
    cloud.attach(_server("shop-sfo3", "sfo3", "id-shop"), replica)
    cloud.balancers["lb"] = Balancer("1", "lb", RegionName("nyc3"), "active", "192.0.2.10")
    cloud.host_list = [Host(1, "web-1", RegionName("nyc3"), "active", "192.0.2.20", "10.10.0.20", ("shop-nyc3",))]
    return World(cloud, lambda: clock.skip(5.0))


@pytest.fixture(params=["fake", "pydo"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "fake":
        yield _fake()
        return
    api: Serving = request.getfixturevalue("api")
    cluster = api.cluster("shop")
    api.ok("POST", f"/v2/databases/{cluster['id']}/users", {"name": "shop"})
    api.replica(cluster["id"], "shop-sfo3")
    api.balancer("lb")
    for number in range(25):  # more than the API's default page
        api.droplet(f"other-{number}")
    api.droplet("web-1", tags=["shop-nyc3"])
    api.ok("POST", "/v2/domains", {"name": "example.com"})
    account = Account(TOKEN, api.url, str(api.ca))
    yield World(DigitalOceanCloud(account), api.settle)
    account.close()


def test_a_good_token_passes(world: World, run: Run) -> None:
    run(world.cloud.check_token())
    assert {"nyc3", "sfo3"} <= set(run(world.cloud.regions()))
    assert "example.com" in run(world.cloud.domains())


def test_a_primary_and_its_replica_are_found_by_name(world: World, run: Run) -> None:
    primary, replica = run(world.cloud.database("shop")), run(world.cloud.database("shop-sfo3"))
    assert (primary.name, primary.engine, primary.region, primary.replica_of) == ("shop", "mysql", "nyc3", None)
    assert (replica.name, replica.engine, replica.region) == ("shop-sfo3", "mysql", "sfo3")
    assert replica.replica_of == primary.id
    assert (replica.user, replica.password, replica.port) == ("doadmin", "secret-of-shop", 25060)
    assert replica.host
    assert replica.id != primary.id
    assert run(world.cloud.database("nobody")) is None


def test_promotion_is_a_fork_and_may_be_asked_for_twice(world: World, run: Run) -> None:
    replica = run(world.cloud.database("shop-sfo3"))
    run(world.cloud.promote(replica))
    world.settle()
    promoted = run(world.cloud.database("shop-sfo3"))
    assert (promoted.id, promoted.replica_of, promoted.host) == (replica.id, None, replica.host)
    assert run(world.cloud.database("shop")).replica_of is None
    run(world.cloud.promote(replica))
    run(world.cloud.promote(promoted))


def test_promoting_what_is_not_there_is_refused(world: World, run: Run) -> None:
    replica = run(world.cloud.database("shop-sfo3"))
    with pytest.raises(Refused):
        run(world.cloud.promote(replace(replica, name="nobody", id="00000000-0000-4000-8000-000000000000")))


def test_balancers_and_hosts(world: World, run: Run) -> None:
    balancer = run(world.cloud.balancer("lb"))
    assert (balancer.name, balancer.region, balancer.status) == ("lb", "nyc3", "active")
    assert balancer.ip.startswith("192.0.2.")
    assert run(world.cloud.balancer("nobody")) is None
    (host,) = run(world.cloud.hosts("shop-nyc3"))
    assert (host.name, host.region, host.tags) == ("web-1", "nyc3", ("shop-nyc3",))
    assert host.public_ip.startswith("192.0.2.")
    assert host.private_ip.startswith("10.10.")
    assert list(run(world.cloud.hosts("nobody"))) == []


def test_the_authority_of_a_database_is_pem(world: World, run: Run) -> None:
    for name in ("shop", "shop-sfo3"):
        server = run(world.cloud.database(name))
        assert run(world.cloud.database_ca(server)).startswith("-----BEGIN CERTIFICATE-----")


def test_a_users_password_is_the_same_on_both_sides(world: World, run: Run) -> None:
    """An app server reaches whichever database is its region's; after a promotion too."""
    primary, replica = run(world.cloud.database("shop")), run(world.cloud.database("shop-sfo3"))
    password = run(world.cloud.password(primary, "shop"))
    assert password
    assert run(world.cloud.password(replica, "shop")) == password
    with pytest.raises(Refused, match="nobody"):
        run(world.cloud.password(primary, "nobody"))
    run(world.cloud.promote(replica))
    world.settle()
    assert run(world.cloud.password(run(world.cloud.database("shop-sfo3")), "shop")) == password
