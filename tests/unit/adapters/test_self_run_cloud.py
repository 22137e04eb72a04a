"""The database half of the cloud port over self-run servers: what each says of itself, and what silence means."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import pytest

from farshore.adapters.self_run.cloud import SelfRunCloud
from farshore.adapters.self_run.fleet import Fleet
from farshore.adapters.self_run.hosts import DatabaseHosts
from farshore.adapters.self_run.server import SOMEBODY, Addresses, SelfRunServer, Shortcoming
from farshore.model.failure import Failure, Refused, RetryLater, Unreachable
from farshore.model.region import RegionName
from farshore.ports.cloud import NOBODY
from farshore.sim.fake_cloud import FakeCloud

T = TypeVar("T")
NYC3, SFO3 = RegionName("nyc3"), RegionName("sfo3")
PLACES = {"db-nyc3": ("nyc3", "192.0.2.5", "10.10.0.5"), "db-sfo3": ("sfo3", "198.51.100.5", "10.20.0.5")}


class Engine:
    """A server as SQL shows it."""

    def __init__(self, source: str | None) -> None:
        self.follows = source
        self.fails: Failure | None = None

    async def source(self) -> str | None:
        if self.fails is not None:
            raise self.fails
        return self.follows

    async def promote(self) -> None:
        if self.fails is not None:
            raise self.fails
        self.follows = None

    async def shortcomings(self) -> Sequence[Shortcoming]:
        return ()

    async def close(self) -> None:
        return None


class Hosts:
    """Implements Shell by the first words of each script's own comment."""

    def __init__(self, engines: dict[str, Engine]) -> None:
        self.engines = engines
        self.states: dict[str, str] = {}
        self.begun: list[str] = []
        self.scripts: list[str] = []

    async def run(self, address: str, script: str) -> str:
        self.scripts.append(script)
        name = next(name for name, (_, public, _) in PLACES.items() if public == address)
        if "# Stops the database for a rebuild" in script:
            self.states[name] = "retired"
            self.engines[name].fails = Unreachable("It cannot be reached: Connection refused.")
        elif "# Begins a rebuild" in script:
            self.begun.append(name)
            self.states[name] = "running copying"
        return f"a banner\nfarshore-state: {self.states.get(name, 'none')}\n"


class World:
    def __init__(self, missing: str = "") -> None:
        self.engines = {"db-nyc3": Engine(None), "db-sfo3": Engine("10.10.0.5")}
        self.hosts = Hosts(self.engines)
        self.looked_up = 0

        async def locate(own: SelfRunServer) -> Addresses | None:
            self.looked_up += 1
            return None if own.name == missing else Addresses(*PLACES[own.name][1:])

        servers = [
            SelfRunServer(
                name, "pg", RegionName(region), 5432, "admin", "s'ec\\r:et", f"CA of {name}", "/data/pg", "pg@15-main",
                "shop", "app-secret",
            )
            for name, (region, _, _) in PLACES.items()
        ]  # fmt: skip
        fleet = Fleet(
            servers,
            locate,
            lambda server, _: self.engines[server.name],
            DatabaseHosts(self.hosts),  # type: ignore
        )
        self.cloud = SelfRunCloud(FakeCloud(), fleet)


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def test_a_server_says_itself_whom_it_follows() -> None:
    world = World()
    writer, standby = run(world.cloud.database("db-nyc3")), run(world.cloud.database("db-sfo3"))
    assert writer is not None
    assert standby is not None
    assert (writer.replica_of, standby.replica_of) == (None, writer.id)
    assert (standby.host, standby.private_host, standby.region, standby.status) == (
        "198.51.100.5", "10.20.0.5", SFO3, "online",
    )  # fmt: skip
    world.engines["db-sfo3"].follows = "10.99.0.1"
    stray = run(world.cloud.database("db-sfo3"))
    assert stray is not None
    assert stray.replica_of == "10.99.0.1"


def test_silence_is_never_read_as_promoted() -> None:
    """Not even for a server that nobody has ever heard."""
    world = World()
    world.engines["db-sfo3"].fails = Unreachable("It cannot be reached: timed out.")
    found = run(world.cloud.database("db-sfo3"))
    assert found is not None
    assert (found.status, found.replica_of) == ("unreachable", SOMEBODY)
    assert world.hosts.scripts == [], "a dead host is not logged in to"
    world.engines["db-sfo3"].fails = RetryLater("It is starting up.")
    found = run(world.cloud.database("db-sfo3"))
    assert found is not None
    assert (found.status, found.replica_of) == ("starting", SOMEBODY)


def test_a_writer_that_falls_silent_stays_a_writer() -> None:
    world = World()
    run(world.cloud.database("db-nyc3"))
    world.engines["db-nyc3"].fails = Unreachable("It cannot be reached: timed out.")
    found = run(world.cloud.database("db-nyc3"))
    assert found is not None
    assert (found.status, found.replica_of) == ("unreachable", None)


def test_a_crashed_server_on_a_live_host_was_not_stopped_by_us() -> None:
    world = World()
    world.engines["db-nyc3"].fails = Unreachable("It cannot be reached: Connection refused.")
    found = run(world.cloud.database("db-nyc3"))
    assert found is not None
    assert found.status == "unreachable"


def test_a_droplet_that_is_missing_has_no_database() -> None:
    world = World(missing="db-sfo3")
    assert run(world.cloud.database("db-sfo3")) is None
    with pytest.raises(Refused, match="db-sfo3"):
        run(World(missing="db-sfo3").cloud.create_replica(_writer(world), "db-sfo3", SFO3))


def test_addresses_are_looked_up_once() -> None:
    world = World()
    for _ in range(3):
        run(world.cloud.database("db-nyc3"))
    assert world.looked_up == 1


def test_a_rebuild_stops_begins_waits_and_ends() -> None:
    world = World()
    run(world.cloud.promote(_server(world, "db-sfo3")))
    writer = _server(world, "db-sfo3")
    assert writer.replica_of is None
    with pytest.raises(Refused, match="was not stopped"):
        run(world.cloud.create_replica(writer, "db-nyc3", NYC3))
    for _ in range(2):
        run(world.cloud.delete_database("db-nyc3", expected_id=_id("db-nyc3")))
        assert run(world.cloud.database("db-nyc3")) is None, "stopped for a rebuild: nobody finds it"
    for said in ("has begun", "copying", "copying"):
        with pytest.raises(RetryLater, match=said):
            run(world.cloud.create_replica(writer, "db-nyc3", NYC3))
    assert world.hosts.begun == ["db-nyc3"], "once"
    world.hosts.states.clear()
    world.engines["db-nyc3"].fails, world.engines["db-nyc3"].follows = None, "10.20.0.5"
    run(world.cloud.create_replica(writer, "db-nyc3", NYC3))
    assert _server(world, "db-nyc3").replica_of == writer.id


def test_a_rebuild_that_failed_is_begun_again_and_says_why() -> None:
    world = World()
    run(world.cloud.promote(_server(world, "db-sfo3")))
    run(world.cloud.delete_database("db-nyc3", expected_id=_id("db-nyc3")))
    world.hosts.states["db-nyc3"] = "retired failed at: copying everything"
    with pytest.raises(RetryLater, match="failed at: copying everything"):
        run(world.cloud.create_replica(_writer(world, "db-sfo3"), "db-nyc3", NYC3))
    assert world.hosts.begun == ["db-nyc3"]


def test_only_what_was_meant_is_stopped() -> None:
    world = World()
    with pytest.raises(Refused, match="has the id"):
        run(world.cloud.delete_database("db-nyc3", expected_id=_id("db-sfo3")))
    with pytest.raises(Refused, match="follows db-nyc3"):
        run(world.cloud.delete_database("db-nyc3", expected_id=_id("db-nyc3")))
    assert world.hosts.states == {}


def test_there_are_no_trusted_sources_to_replace() -> None:
    world = World()
    server = _server(world, "db-nyc3")
    assert list(run(world.cloud.sources(server))) == []
    with pytest.raises(Refused, match="firewall"):
        run(world.cloud.replace_sources(server, [NOBODY]))


def test_only_the_app_users_password_is_known() -> None:
    world = World()
    server = _server(world, "db-nyc3")
    assert run(world.cloud.password(server, "shop")) == "app-secret"
    with pytest.raises(Refused, match="nobody"):
        run(world.cloud.password(server, "nobody"))
    assert run(world.cloud.database_ca(server)) == "CA of db-nyc3"


def test_what_is_not_self_run_is_the_accounts() -> None:
    world = World()
    assert run(world.cloud.database("somebody-elses")) is None
    run(world.cloud.check_token())


def _server(world: World, name: str) -> Any:
    found = run(world.cloud.database(name))
    assert found is not None
    return found


def _writer(world: World, name: str = "db-nyc3") -> Any:
    return _server(world, name)


def _id(name: str) -> str:
    return f"self-run:{name}"
