"""The cloud port: on the fake, and on pydo against the lab's API with nothing behind it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from clouds import World

from farshore.model.failure import Refused

Run = Callable[[Any], Any]


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
