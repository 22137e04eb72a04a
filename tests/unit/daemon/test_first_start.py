"""An empty store of record: the first day is believed only where nobody remembers another one."""

import asyncio

import pytest

from farshore.daemon.first_start import adopt, refuse_unknown_past
from farshore.engine.world import World
from farshore.model.failure import Refused
from farshore.model.grant import Grant
from farshore.model.group import Group, Place, Store
from farshore.model.keys import grant_key
from farshore.model.region import Endpoint, Epoch, RegionName, Role
from farshore.ports.cloud import DatabaseServer
from farshore.sim.fake_app import FakeApp, FakeApps
from farshore.sim.fake_clock import FakeClock
from farshore.sim.fake_cloud import FakeCloud
from farshore.sim.fake_coordination import FakeCoordination
from farshore.sim.fake_database import fake_pair
from farshore.sim.fake_dns import FakeDns
from farshore.sim.fake_evidence import FakeEvidence
from farshore.sim.fake_notifier import FakeNotifier
from farshore.sim.fake_prober import FakeProber

NYC, SFO = RegionName("nyc3"), RegionName("sfo3")
GROUP = Group(
    "shop",
    "mysql",
    (Store("shop", "shop.example.com", "example.com"),),
    Place(NYC, "lb-nyc3", "db-nyc3", "app-nyc3"),
    Place(SFO, "lb-sfo3", "db-sfo3", "app-sfo3"),
)


class Shop:
    def __init__(self) -> None:
        clock = FakeClock()
        self.cloud, self.coordination = FakeCloud(), FakeCoordination(clock)
        writer, standby = fake_pair(clock)
        self.databases = {"db-nyc3": writer, "db-sfo3": standby}
        for region, name in ((NYC, "db-nyc3"), (SFO, "db-sfo3")):
            server = DatabaseServer(name, name, "mysql", region, "online", name, name, 25060, "doadmin", "x", "d", None)
            self.cloud.attach(server)
        self.agents = {NYC: FakeApp("web-1", NYC), SFO: FakeApp("web-2", SFO)}
        self.agents[NYC].endpoint = Endpoint(Epoch(1), Role.WRITER, NYC, "db", 25060)
        self.agents[SFO].endpoint = Endpoint(Epoch(1), Role.STANDBY, SFO, "db", 25060)
        self.world = World(
            clock,
            self.coordination,
            FakeProber(),
            self.cloud,
            FakeDns(clock),
            {region: FakeApps([app]) for region, app in self.agents.items()},
            lambda server: self.databases[server.name],
            FakeNotifier(),
            FakeEvidence(),
        )

    def start(self) -> None:
        asyncio.run(refuse_unknown_past(GROUP, self.world))

    def refusal(self) -> str:
        with pytest.raises(Refused) as caught:
            self.start()
        assert "`farshore watch --adopt REGION`" in caught.value.hint
        return caught.value.what


def test_the_real_first_day() -> None:
    """Both databases answer, nobody is above epoch 1, the first region sells."""
    Shop().start()


def test_a_database_remembers() -> None:
    """The other region was promoted long ago."""
    shop = Shop()
    shop.databases["db-sfo3"].state["epoch"] = 7
    assert shop.refusal() == "The store of record is empty, but sfo3 remembers epoch 7."


def test_an_agent_remembers() -> None:
    """Its database is silent, but an app server has the endpoint."""
    shop = Shop()
    shop.databases["db-sfo3"].reachable = False
    shop.agents[SFO].endpoint = Endpoint(Epoch(3), Role.WRITER, SFO, "db", 25060)
    assert shop.refusal() == "The store of record is empty, but sfo3 remembers epoch 3."


def test_nobody_there_to_remember() -> None:
    """Silence is not a first day: the region that cannot be asked may be the one that sells."""
    shop = Shop()
    shop.databases["db-sfo3"].reachable = False
    shop.agents[SFO].reachable = False
    why = (
        "The store of record is empty, and db-sfo3 does not answer what it remembers: Database second does not answer."
    )
    assert shop.refusal() == why


def test_what_the_provider_refuses_is_said_as_it_is() -> None:
    """No state file mends a wrong token, and nobody should adopt a region because of one."""
    shop = Shop()
    refused = Refused("The provider does not accept the token.", "Set a valid one.")
    shop.cloud.calls.fail_next("cloud.database", refused, times=2)
    with pytest.raises(Refused) as caught:
        shop.start()
    assert str(caught.value) == "The provider does not accept the token. Set a valid one."


def test_a_grant_to_a_region_of_nobody() -> None:
    """Somebody renamed a region in the settings after a failover: the other one must not be taken for the writer."""
    shop = Shop()
    record = asyncio.run(shop.coordination.read(grant_key("shop")))
    asyncio.run(shop.coordination.swap(None, record, Grant(Epoch(4), RegionName("ams3")).to_json()))
    with pytest.raises(Refused, match="grants epoch 4 to ams3, which is none of the group's regions nyc3 and sfo3"):
        shop.start()


def test_the_wrong_region_sells() -> None:
    """Somebody wrote the regions the other way round."""
    shop = Shop()
    shop.agents[SFO].endpoint = Endpoint(Epoch(1), Role.WRITER, SFO, "db", 25060)
    assert shop.refusal() == "The store of record is empty, but sfo3 sells, and not the first region."


def test_adopting_goes_above_everything_and_once() -> None:
    """A grant that exists is never replaced."""
    shop = Shop()
    shop.databases["db-nyc3"].reachable = False
    shop.databases["db-sfo3"].state["epoch"] = 7
    assert asyncio.run(adopt(GROUP, shop.world, SFO)) == Grant(Epoch(8), SFO)
    record = asyncio.run(shop.coordination.read(grant_key("shop")))
    assert Grant.from_json(record.value) == Grant(Epoch(8), SFO)
    shop.start()
    with pytest.raises(Refused, match="grants epoch 8 to sfo3"):
        asyncio.run(adopt(GROUP, shop.world, NYC))
