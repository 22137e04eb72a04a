"""An account with a primary, its replica, a balancer and app servers: the fake, and the lab's API behind pydo."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from api_serving import TOKEN, Serving

from farshore.adapters.digitalocean.account import Account
from farshore.adapters.digitalocean.cloud import DigitalOceanCloud
from farshore.model.region import RegionName
from farshore.ports.cloud import Balancer, Cloud, DatabaseServer, Host, Power
from farshore.sim.fake_clock import FakeClock
from farshore.sim.fake_cloud import FakeCloud
from farshore.sim.fake_database import fake_pair


def _nothing() -> None:
    return None


def _no_host(host: Host) -> None:
    return None


@dataclass
class World:
    cloud: Cloud
    settle: Callable[[], None]  # until what was begun has ended
    hold_replicas: Callable[[], None] = _nothing  # those that are asked for from now on are not ready
    release_replicas: Callable[[], None] = _nothing
    hold_power: Callable[[Host], None] = _no_host  # somebody else's action runs on it
    release_power: Callable[[Host], None] = _no_host


def _server(name: str, region: str, replica_of: str | None) -> DatabaseServer:
    return DatabaseServer(
        f"id-{name}", name, "mysql", RegionName(region), "online", f"{name}.db.test", f"private-{name}.db.test",
        25060, "doadmin", "secret-of-shop", "defaultdb", replica_of, "db-s-1vcpu-1gb",
    )  # fmt: skip


def fake() -> World:
    clock, cloud = FakeClock(), FakeCloud()
    cloud.replica_delay_s = 4.0
    writer, replica = fake_pair(clock)
    cloud.attach(_server("shop", "nyc3", None), writer)
    cloud.attach(_server("shop-sfo3", "sfo3", "id-shop"), replica)
    cloud.balancers["lb"] = Balancer("1", "lb", RegionName("nyc3"), "active", "192.0.2.10")
    cloud.host_list = [Host(1, "web-1", RegionName("nyc3"), "active", "192.0.2.20", "10.10.0.20", ("shop-nyc3",))]
    return World(
        cloud,
        settle=lambda: clock.skip(5.0),
        release_replicas=lambda: clock.skip(5.0),
        hold_power=lambda host: cloud.power.update({host.id: Power.CHANGING}),
        release_power=lambda host: cloud.power.update({host.id: Power.ON}),
    )


def served(api: Serving) -> Iterator[World]:
    cluster = api.cluster("shop")
    api.ok("POST", f"/v2/databases/{cluster['id']}/users", {"name": "shop"})
    api.replica(cluster["id"], "shop-sfo3")
    api.balancer("lb")
    for number in range(25):  # more than the API's default page
        api.droplet(f"other-{number}")
    api.droplet("web-1", tags=["shop-nyc3"])
    api.ok("POST", "/v2/domains", {"name": "example.com"})
    account = Account(TOKEN, api.url, str(api.ca))

    def hold_power(host: Host) -> None:
        api.hold("droplet_power")
        api.ok("POST", f"/v2/droplets/{host.id}/actions", {"type": "reboot"})

    def release(name: str) -> None:
        api.let_go(name)
        api.settle()

    yield World(
        DigitalOceanCloud(account),
        settle=api.settle,
        hold_replicas=lambda: api.hold("replica_create"),
        release_replicas=lambda: release("replica_create"),
        hold_power=hold_power,
        release_power=lambda host: release("droplet_power"),
    )
    account.close()


@pytest.fixture(params=["fake", "pydo"])
def world(request: pytest.FixtureRequest) -> Any:
    if request.param == "fake":
        yield fake()
    else:
        yield from served(request.getfixturevalue("api"))
