"""The cloud port as a rebuild, and a fence by network or power, use it: on the fake, and on pydo with the lab's API."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from clouds import World

from farshore.model.failure import Refused, RetryLater
from farshore.model.region import RegionName
from farshore.ports.cloud import NOBODY, DatabaseServer, Host, Power, Source

Run = Callable[[Any], Any]
NYC3, SFO3 = RegionName("nyc3"), RegionName("sfo3")
APPS, CONTROLLER = Source("tag", "shop-nyc3"), Source("ip_addr", "203.0.113.130", "controller")


def _found(world: World, run: Run, name: str) -> DatabaseServer:
    server = run(world.cloud.database(name))
    assert server is not None
    return server


def _promoted(world: World, run: Run) -> DatabaseServer:
    """After a failover: the old writer is a cluster besides."""
    run(world.cloud.promote(_found(world, run, "shop-sfo3")))
    world.settle()
    return _found(world, run, "shop-sfo3")


def test_the_way_back_deletes_the_old_writer_and_makes_a_replica_of_its_name(world: World, run: Run) -> None:
    writer, old = _promoted(world, run), _found(world, run, "shop")
    run(world.cloud.delete_database("shop", expected_id=old.id))
    world.settle()
    assert run(world.cloud.database("shop")) is None
    run(world.cloud.create_replica(writer, "shop", NYC3))
    world.settle()
    made = _found(world, run, "shop")
    assert (made.replica_of, made.region, made.status) == (writer.id, "nyc3", "online")
    assert made.id not in (old.id, writer.id)
    assert (made.size, made.password) == (writer.size, writer.password)
    run(world.cloud.create_replica(writer, "shop", NYC3))
    assert _found(world, run, "shop").id == made.id, "asked twice, made once"


def test_a_replica_that_is_being_made_is_not_made_twice(world: World, run: Run) -> None:
    """Nobody finds it, so its name is all that keeps a second one away."""
    primary = _found(world, run, "shop")
    world.hold_replicas()
    run(world.cloud.create_replica(primary, "shop-second", SFO3))
    assert run(world.cloud.database("shop-second")) is None
    with pytest.raises(RetryLater, match="shop-second"):
        run(world.cloud.create_replica(primary, "shop-second", SFO3))
    world.release_replicas()
    run(world.cloud.create_replica(primary, "shop-second", SFO3))
    assert _found(world, run, "shop-second").replica_of == primary.id


def test_a_name_that_belongs_to_something_else_is_refused(world: World, run: Run) -> None:
    primary = _found(world, run, "shop")
    with pytest.raises(Refused):
        run(world.cloud.create_replica(primary, "shop-sfo3", NYC3))  # it is in another region
    writer = _promoted(world, run)
    for of, name, region in ((primary, "shop-sfo3", SFO3), (writer, "shop", NYC3)):
        with pytest.raises(Refused):  # a cluster of its own, whatever it was before
            run(world.cloud.create_replica(of, name, region))


def test_a_replica_has_no_replicas(world: World, run: Run) -> None:
    replica = _found(world, run, "shop-sfo3")
    with pytest.raises(Refused):
        run(world.cloud.create_replica(replica, "shop-third", SFO3))


def test_only_what_was_meant_is_deleted(world: World, run: Run) -> None:
    """A name that was given to another database meanwhile deletes nothing, and neither does one of a primary in use."""
    primary, replica = _found(world, run, "shop"), _found(world, run, "shop-sfo3")
    for name, id in (("shop", replica.id), ("shop", "nobody"), ("nobody", primary.id), ("shop", primary.id)):
        with pytest.raises(Refused):
            run(world.cloud.delete_database(name, expected_id=id))
    assert _found(world, run, "shop").id == primary.id
    assert _found(world, run, "shop-sfo3").id == replica.id


def test_deleting_what_is_gone_is_done(world: World, run: Run) -> None:
    replica = _found(world, run, "shop-sfo3")
    for _ in range(2):
        run(world.cloud.delete_database("shop-sfo3", expected_id=replica.id))
        world.settle()
    assert run(world.cloud.database("shop-sfo3")) is None
    primary = _found(world, run, "shop")
    run(world.cloud.delete_database("shop", expected_id=primary.id))
    run(world.cloud.delete_database("shop", expected_id=primary.id))


def _values(rules: Any) -> set[tuple[str, str]]:
    return {(rule.kind, rule.value) for rule in rules}


def test_sources_are_replaced_and_those_that_stay_keep_what_they_are(world: World, run: Run) -> None:
    server = _found(world, run, "shop")
    assert list(run(world.cloud.sources(server))) == []
    run(world.cloud.replace_sources(server, [APPS, CONTROLLER]))
    before = {rule.value: rule for rule in run(world.cloud.sources(server))}
    assert _values(before.values()) == _values([APPS, CONTROLLER])
    run(world.cloud.replace_sources(server, [CONTROLLER, NOBODY]))
    after = {rule.value: rule for rule in run(world.cloud.sources(server))}
    assert _values(after.values()) == _values([CONTROLLER, NOBODY])
    assert after["203.0.113.130"] == before["203.0.113.130"], "its id and its note are the same"
    assert after["203.0.113.130"].note == "controller"


def test_sources_are_of_one_server_only(world: World, run: Run) -> None:
    primary, replica = _found(world, run, "shop"), _found(world, run, "shop-sfo3")
    run(world.cloud.replace_sources(primary, [NOBODY]))
    assert list(run(world.cloud.sources(replica))) == []
    run(world.cloud.replace_sources(replica, [CONTROLLER]))
    assert _values(run(world.cloud.sources(primary))) == _values([NOBODY])


def test_an_empty_list_is_refused_because_it_opens_the_server(world: World, run: Run) -> None:
    server = _found(world, run, "shop")
    run(world.cloud.replace_sources(server, [NOBODY]))
    with pytest.raises(Refused, match="world"):
        run(world.cloud.replace_sources(server, []))
    assert _values(run(world.cloud.sources(server))) == _values([NOBODY])


def test_sources_of_what_is_not_there_are_refused_and_not_empty(world: World, run: Run) -> None:
    """Empty would read as: open to everybody."""
    ghost = replace(_found(world, run, "shop"), id="00000000-0000-4000-8000-000000000000")
    with pytest.raises(Refused):
        run(world.cloud.sources(ghost))
    with pytest.raises(Refused):
        run(world.cloud.replace_sources(ghost, [NOBODY]))


def test_the_plug_is_pulled_and_put_back(world: World, run: Run) -> None:
    (host,) = run(world.cloud.hosts("shop-nyc3"))
    assert run(world.cloud.powered(host)) is Power.ON
    for turn, state in ((world.cloud.power_off, Power.OFF), (world.cloud.power_on, Power.ON)):
        run(turn(host))
        world.settle()
        assert run(world.cloud.powered(host)) is state
        run(turn(host))  # asked again, it is so already
        assert run(world.cloud.powered(host)) is state


def test_a_droplet_that_is_gone_is_off_and_stays_so(world: World, run: Run) -> None:
    ghost = Host(999_999_999, "gone", NYC3, "active", "", "", ())
    assert run(world.cloud.powered(ghost)) is Power.GONE
    run(world.cloud.power_off(ghost))
    with pytest.raises(Refused):
        run(world.cloud.power_on(ghost))


def test_while_another_action_runs_nothing_is_known_and_nothing_begun(world: World, run: Run) -> None:
    (host,) = run(world.cloud.hosts("shop-nyc3"))
    world.hold_power(host)
    assert run(world.cloud.powered(host)) is Power.CHANGING
    for turn in (world.cloud.power_off, world.cloud.power_on):
        with pytest.raises(RetryLater):
            run(turn(host))
    world.release_power(host)
    run(world.cloud.power_off(host))
    world.settle()
    assert run(world.cloud.powered(host)) is Power.OFF
