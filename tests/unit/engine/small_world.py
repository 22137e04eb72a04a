"""A group in two regions made of fakes, in virtual time: what the engine's tests run against."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from farshore.engine.controller import Controller
from farshore.engine.world import World
from farshore.model.group import Group, Mode, Place, Request, Store, Thresholds
from farshore.model.keys import operator_key
from farshore.model.operator import OperatorWord, Word
from farshore.model.permit import Gate, PermitTerms
from farshore.model.region import Endpoint, Epoch, RegionName, Role
from farshore.model.sighting import Door, Look, Sighting
from farshore.plan.journal import Event, from_json
from farshore.ports.app import Bridge, BridgeWhat
from farshore.ports.cloud import Balancer, DatabaseServer
from farshore.ports.dns import RecordSet
from farshore.ports.prober import Target
from farshore.sim.fake_app import FakeApp, FakeApps
from farshore.sim.fake_calls import FakeCalls
from farshore.sim.fake_clock import FakeClock
from farshore.sim.fake_cloud import FakeCloud
from farshore.sim.fake_coordination import FakeCoordination
from farshore.sim.fake_database import FakeDatabase, fake_pair
from farshore.sim.fake_dns import FakeDns
from farshore.sim.fake_evidence import FakeEvidence
from farshore.sim.fake_notifier import FakeNotifier
from farshore.sim.fake_prober import FakeProber

NYC, SFO = RegionName("nyc3"), RegionName("sfo3")
DOMAIN = "shop.example.com"
IPS = {NYC: "192.0.2.10", SFO: "198.51.100.10"}
REFERENCE = Target(Door.REFERENCE, RegionName("lon1"), "203.0.113.53", 443, "reference.example", "/")


def group(**changes: object) -> Group:
    made = Group(
        name="shop",
        engine="mysql",
        stores=(Store("shop", DOMAIN, "example.com", verify=Request("/checkout", "POST", (("token", "{unique}"),))),),
        first=Place(NYC, "lb-nyc3", "db-nyc3", "app-nyc3"),
        second=Place(SFO, "lb-sfo3", "db-sfo3", "app-sfo3"),
        mode=Mode.AUTO,
        thresholds=Thresholds(),
        allow_unfenced=True,
        permit=PermitTerms(gate=Gate.NONE),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


class IdleClock(FakeClock):
    """Time stands still until nobody has anything left to do: what an instant takes does not depend on turns."""

    async def settle(self) -> None:
        loop: Any = asyncio.get_running_loop()
        await asyncio.sleep(0)
        while loop._ready:  # noqa: ASYNC110 (there is no event for "nothing left to do")
            await asyncio.sleep(0)


class ShopProber(FakeProber):
    """Buying works where a live app server is writer on a live, writable database."""

    def __init__(self, world: "SmallWorld") -> None:
        super().__init__(world.calls)
        self._world = world

    async def look(self, target: Target, timeout_s: float) -> Look:
        look = await super().look(target, timeout_s)
        if look.ok and target.door is Door.BUY and not self._world.sells(target.region):
            return replace(look, ok=False, why="status 503")
        return look


@dataclass
class SmallWorld:
    """`kill(NYC)` is the death of a region: doors, database, agents and replication at once."""

    group: Group = field(default_factory=group)
    promote_delay_s: float = 1.0

    def __post_init__(self) -> None:
        self.clock = IdleClock()
        self.calls = FakeCalls()
        self.coordination = FakeCoordination(self.clock, self.calls)
        self.prober = ShopProber(self)
        self.dns = FakeDns(self.clock, self.calls)
        self.notifier = FakeNotifier(self.calls)
        self.evidence = FakeEvidence(self.calls)
        self.cloud = FakeCloud(self.calls, self.promote_delay_s)
        writer, standby = fake_pair(self.clock, self.calls)
        self.databases: dict[RegionName, FakeDatabase] = {NYC: writer, SFO: standby}
        self.apps = {
            NYC: FakeApps([FakeApp("app-n1", NYC, self.calls), FakeApp("app-n2", NYC, self.calls)]),
            SFO: FakeApps([FakeApp("app-s1", SFO, self.calls), FakeApp("app-s2", SFO, self.calls)]),
        }
        for place in (self.group.first, self.group.second):
            self.cloud.balancers[place.load_balancer] = Balancer(
                "b", place.load_balancer, place.region, "active", IPS[place.region]
            )
            self.cloud.attach(self._server(place), self.databases[place.region])
            for app in self.apps[place.region].apps:
                role = Role.WRITER if place.region == NYC else Role.STANDBY
                app.endpoint = Endpoint(Epoch(1), role, place.region, f"private-{place.database}", 25060)
                app.bridge = Bridge(IPS[NYC], BridgeWhat.WRITES) if role is Role.STANDBY else None
        self.dns.edit(RecordSet(DOMAIN, "A", frozenset({IPS[NYC]}), 30))

    def _server(self, place: Place) -> DatabaseServer:
        of = None if place.region == NYC else "id-nyc3"
        name = place.database
        return DatabaseServer(
            f"id-{place.region}",
            name,
            "mysql",
            place.region,
            "online",
            name,
            f"private-{name}",
            25060,
            "doadmin",
            "x",
            "d",
            of,
        )

    def world(self) -> World:
        return World(
            clock=self.clock,
            coordination=self.coordination,
            prober=self.prober,
            cloud=self.cloud,
            dns=self.dns,
            apps=self.apps,
            database=self.cloud.open,
            notifier=self.notifier,
            evidence=self.evidence,
            references=(REFERENCE,),
        )

    def controller(self, name: str = "c1") -> Controller:
        return Controller(self.group, self.world(), name, "lon1")

    @asynccontextmanager
    async def running(self, name: str = "c1") -> AsyncIterator[Controller]:
        """A controller in the middle of its work, ended by the end of the block."""
        controller, stop = self.controller(name), asyncio.Event()
        task = asyncio.create_task(controller.run(stop))
        try:
            yield controller
        finally:
            stop.set()
            await self.clock.advance(3)
            await task

    def sells(self, region: RegionName) -> bool:
        """Would an order be taken there now?"""
        database = self.databases[region]
        database.settle()
        blocked = database.state.get("blocked:shop")
        writers = [a for a in self.apps[region].apps if a.endpoint is not None and a.endpoint.role is Role.WRITER]
        return bool(writers) and database.reachable and database.source is None and not blocked

    def kill(self, region: RegionName) -> None:
        self.prober.shut(Door.BROWSE, region)
        self.prober.shut(Door.BUY, region)
        self.databases[region].reachable = False
        for app in self.apps[region].apps:
            app.reachable = False
        for database in self.databases.values():
            if database.source is self.databases[region]:
                database.cut_link()

    def revive(self, region: RegionName) -> None:
        """Its machines answer again, with all they knew."""
        self.prober.open(Door.BROWSE, region)
        self.prober.open(Door.BUY, region)
        self.databases[region].reachable = True
        for app in self.apps[region].apps:
            app.reachable = True

    def agents_see(self, region: RegionName, *, down: RegionName | None = None, streak: int = 9) -> None:
        """What the agents of `region` report of both browse doors and of their references."""
        for app in self.apps[region].apps:
            app.sightings = tuple(
                [Sighting(app.name, region, Door.REFERENCE, RegionName("r"), True, 9, 0.2)]
                + [
                    Sighting(
                        app.name, region, door, where, where != down, streak, 0.2, "timeout" if where == down else ""
                    )
                    for where in (NYC, SFO)
                    for door in (Door.BROWSE, Door.BUY)
                    if not (where == SFO and door is Door.BUY)
                ]
            )

    async def say(self, word: Word, **more: object) -> None:
        key = operator_key(self.group.name)
        record = await self.coordination.read(key)
        paused = OperatorWord.from_json(record.value, record.revision).paused
        said = OperatorWord(word, "ann", self.clock.wall(), paused=paused)
        said = replace(said, **more)  # type: ignore[arg-type]
        await self.coordination.swap(None, record, said.to_json())

    async def events(self) -> list[Event]:
        return [from_json(line.body) for line in await self.coordination.journal()]
