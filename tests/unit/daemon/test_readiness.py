"""`farshore check` on fakes: a sound group has no failure, and each single fault is found by exactly one line."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from farshore.daemon.readiness.account import check_account
from farshore.daemon.readiness.agents import check_agents
from farshore.daemon.readiness.authority import check_authority
from farshore.daemon.readiness.databases import check_databases, check_ids
from farshore.daemon.readiness.doors import check_doors
from farshore.daemon.readiness.finding import Finding
from farshore.daemon.readiness.policy import check_policy
from farshore.engine.world import World
from farshore.model.failure import RetryLater
from farshore.model.grant import Grant
from farshore.model.group import Group, Mode, Place, Request, Store
from farshore.model.permit import Gate, PermitTerms
from farshore.model.region import Endpoint, Epoch, RegionName, Role
from farshore.model.sighting import Door
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
from farshore.transport.identity import Known
from farshore.transport.message import Caller

NYC, SFO = RegionName("nyc3"), RegionName("sfo3")
IPS = {NYC: "192.0.2.10", SFO: "198.51.100.10"}
GRANT = Grant(Epoch(1), NYC)
GROUP = Group(
    "shop",
    "mysql",
    (Store("shop", "shop.example.com", "example.com", verify=Request("/checkout", "POST")),),
    Place(NYC, "lb-nyc3", "db-nyc3", "app-nyc3"),
    Place(SFO, "lb-sfo3", "db-sfo3", "app-sfo3"),
)


class LeapingClock(FakeClock):
    """Sleeping takes no time and moves the clock: nothing here waits for anything but time."""

    async def sleep(self, seconds: float) -> None:
        self.skip(seconds)


def _server(place: Place, of: str | None) -> DatabaseServer:
    name = place.database
    return DatabaseServer(
        f"id-{place.region}", name, "mysql", place.region, "online", name, name, 25060, "doadmin", "x", "d", of
    )


@dataclass
class Shop:
    """A sound group; `group`, `grant` and every fake may be spoilt before `findings`."""

    group: Group = GROUP
    grant: Grant = GRANT
    may_write: bool = True
    calls: FakeCalls = field(default_factory=FakeCalls)

    def __post_init__(self) -> None:
        self.clock = LeapingClock()
        self.cloud = FakeCloud(self.calls)
        self.prober = FakeProber(self.calls)
        self.dns = FakeDns(self.clock, self.calls)
        writer, standby = fake_pair(self.clock, self.calls)
        self.databases: dict[str, FakeDatabase] = {"db-nyc3": writer, "db-sfo3": standby}
        self.apps: dict[RegionName, FakeApps] = {}
        for place, of in ((GROUP.first, None), (GROUP.second, "id-nyc3")):
            role = Role.WRITER if place.region == NYC else Role.STANDBY
            self.cloud.attach(_server(place, of), self.databases[place.database])
            self.cloud.balancers[place.load_balancer] = Balancer(
                "b", place.load_balancer, place.region, "active", IPS[place.region]
            )
            self.apps[place.region] = FakeApps(
                [FakeApp(f"web-{place.region}-{number}", place.region, self.calls) for number in (1, 2)]
            )
            for app in self.apps[place.region].apps:
                app.endpoint = Endpoint(Epoch(1), role, place.region, "db", 25060)
        self.dns.edit(RecordSet("shop.example.com", "A", frozenset({IPS[NYC]}), 30))
        self.references = (Target(Door.REFERENCE, RegionName("out"), "203.0.113.9", 443, "www.example.org", "/"),)

    def world(self) -> World:
        return World(
            self.clock,
            FakeCoordination(self.clock, self.calls),
            self.prober,
            self.cloud,
            self.dns,
            self.apps,
            lambda server: self.databases[server.name],
            FakeNotifier(self.calls),
            FakeEvidence(self.calls),
            references=self.references,
        )

    def findings(self) -> list[Finding]:
        async def ask() -> list[Finding]:
            world = self.world()
            found = await check_account(self.group, world)
            found += await check_doors(self.group, world, self.grant)
            found += await check_databases(self.group, world, self.grant, self.may_write)
            return found + await check_agents(self.group, world, self.grant) + check_ids(self.group)

        return asyncio.run(ask())


def test_a_sound_group_has_nothing_to_say() -> None:
    """All lines are ok; otherwise the cases below prove nothing."""
    assert [finding for finding in Shop().findings() if finding.level != "ok"] == []


def _no_token(shop: Shop) -> None:
    shop.cloud.token_ok = False


def _no_domain(shop: Shop) -> None:
    shop.cloud.domain_names = []


def _no_region(shop: Shop) -> None:
    shop.cloud.region_names = [NYC]


def _lag(shop: Shop) -> None:
    shop.databases["db-sfo3"].lag_s = 60.0


def _cut(shop: Shop) -> None:
    shop.databases["db-sfo3"].cut_link()


def _full_disk(shop: Shop) -> None:
    shop.databases["db-nyc3"].frozen_write = True


def _promoted(shop: Shop) -> None:
    shop.cloud.attach(_server(GROUP.second, None), shop.databases["db-sfo3"])


def _record_astray(shop: Shop) -> None:
    shop.dns.edit(RecordSet("shop.example.com", "A", frozenset({IPS[SFO]}), 30))


def _no_record(shop: Shop) -> None:
    shop.dns.edit(RecordSet("shop.example.com", "A", frozenset(), 30))


def _slow_record(shop: Shop) -> None:
    shop.dns.edit(RecordSet("shop.example.com", "A", frozenset({IPS[NYC]}), 1800))


def _no_balancer(shop: Shop) -> None:
    shop.cloud.balancers["lb-sfo3"] = replace(shop.cloud.balancers["lb-sfo3"], status="new", ip="")


def _agent_dead(shop: Shop) -> None:
    shop.apps[NYC].apps[0].reachable = False


def _closed(shop: Shop) -> None:
    shop.apps[SFO].apps[0].endpoint = None


def _old_certificate(shop: Shop) -> None:
    for app in shop.apps[SFO].apps:
        app.certificate_left_s = 61 * 86400.0
    shop.apps[SFO].apps[1].certificate_left_s = 59 * 86400.0


def _no_driver(shop: Shop) -> None:
    shop.apps[NYC].apps[0].troubles = ("The package python3-pymysql is missing.",)


def _two_writers(shop: Shop) -> None:
    shop.apps[SFO].apps[0].endpoint = Endpoint(Epoch(1), Role.WRITER, SFO, "db", 25060)


def _standby_shut(shop: Shop) -> None:
    shop.prober.shut(Door.BROWSE, SFO, "status 502")


def _blind(shop: Shop) -> None:
    shop.references = ()


@pytest.mark.parametrize(
    ("spoil", "level", "what", "detail"),
    [
        (_no_token, "fail", "token", "The provider does not accept the token."),
        (_no_domain, "fail", "domain example.com", "is not in the account"),
        (_no_region, "fail", "region sfo3", "is not available to this account"),
        (_no_balancer, "fail", "balancer lb-sfo3", "is new"),
        (_no_record, "fail", "record shop.example.com", "does not exist"),
        (_record_astray, "fail", "record shop.example.com", "points to 198.51.100.10, but the writer's balancer is"),
        (_slow_record, "warn", "record shop.example.com", "has TTL 1800, so shoppers keep the old address that long"),
        (_standby_shut, "fail", "browse shop in sfo3", "does not answer (status 502)"),
        (_full_disk, "fail", "writes on db-nyc3", "a test transaction failed"),
        (_promoted, "fail", "database db-sfo3", "does not follow db-nyc3, so there is nothing to promote"),
        (_lag, "fail", "replica db-sfo3", "is more than 5 s behind (markers behind: none)"),
        (_cut, "fail", "replica db-sfo3", "is more than 5 s behind (markers behind: none)"),
        (_agent_dead, "fail", "agent web-nyc3-1", "Agent web-nyc3-1 does not answer."),
        (_closed, "warn", "agent web-sfo3-1", "has no endpoint file, so its app server is closed"),
        (_old_certificate, "warn", "agent web-sfo3-2", "has a certificate that ends in 59 days"),
        (_no_driver, "warn", "agent web-nyc3-1", "The package python3-pymysql is missing."),
        (_two_writers, "warn", "agent web-sfo3-1", "says writer under epoch 1, but sfo3 is standby under 1"),
        (_blind, "warn", "references", "none is set"),
    ],
)
def test_one_fault_is_one_line(spoil: Callable[[Shop], None], level: str, what: str, detail: str) -> None:
    """The line names the thing, and has a remedy."""
    shop = Shop()
    spoil(shop)
    bad = [finding for finding in shop.findings() if finding.level != "ok"]
    assert [(finding.level, finding.what) for finding in bad if finding.what == what] == [(level, what)]
    found = next(finding for finding in bad if finding.what == what)
    assert detail in found.detail
    assert found.remedy
    assert all(finding.what == what for finding in bad), bad


@pytest.mark.parametrize(
    ("days", "authority_days", "level", "what"),
    [
        (61, 3000, "ok", "authority"),
        (59, 3000, "warn", "this controller's certificate"),
        (59, 59, "warn", "authority"),
    ],
)
def test_certificates_that_end_soon_are_said_in_time(days: int, authority_days: int, level: str, what: str) -> None:
    """Sixty days before; the authority first, since what it signed ends with it."""
    known = Known(Caller("controller", "c1"), 1e9 + days * 86400, 1e9 + authority_days * 86400)
    (finding,) = check_authority(known, 1e9)
    assert (finding.level, finding.what) == (level, what)
    assert ("`farshore agents deploy`" in finding.remedy) == (level == "warn")


def test_no_vantage_point_but_our_own() -> None:
    """Automatic mode without agents in the standby region cannot work: a failure, not a warning."""
    shop = Shop()
    for app in shop.apps[SFO].apps:
        app.reachable = False
    line = next(finding for finding in shop.findings() if finding.what == "vantage points")
    assert (line.level, line.detail) == ("fail", "no agent in sfo3 answers, so only this controller sees the writer")
    shop = Shop(group=replace(GROUP, mode=Mode.APPROVE))
    for app in shop.apps[SFO].apps:
        app.reachable = False
    assert next(finding for finding in shop.findings() if finding.what == "vantage points").level == "warn"


def test_beside_a_running_controller_nothing_is_written() -> None:
    """The marker is the leader's alone; check then only reads it."""
    shop = Shop(may_write=False)
    line = next(finding for finding in shop.findings() if finding.what == "replica db-sfo3")
    assert (line.level, line.detail) == ("fail", "no marker was ever written")
    assert shop.calls.count("database.write_marker") == 0


def test_what_cannot_be_asked_hides_nothing_else() -> None:
    """A provider that fails one call is one line, with its hint."""
    shop = Shop()
    shop.calls.fail_next("cloud.domains", RetryLater("The API answered 503.", "Try again in a minute."))
    bad = [finding for finding in shop.findings() if finding.level != "ok"]
    assert [(finding.what, finding.detail, finding.remedy) for finding in bad] == [
        ("domains", "The API answered 503.", "Try again in a minute.")
    ]


def test_policy_says_what_was_chosen() -> None:
    """Without a permit both values of allow_unfenced have a price, and each is said."""
    bare = replace(GROUP, permit=PermitTerms(gate=Gate.NONE))
    closed = {finding.what: finding for finding in check_policy(bare, notified=True)}
    assert closed["allow_unfenced"].detail.startswith("false: when the old database cannot be reached, the checkout")
    open_ = check_policy(replace(bare, allow_unfenced=True, mode=Mode.MANUAL), notified=False)
    assert [finding.level for finding in open_] == ["warn", "warn", "warn"]
    assert "orders may be taken in two places" in open_[1].detail


def test_a_permit_that_no_table_enforces_is_a_failure() -> None:
    named = replace(GROUP, stores=tuple(replace(store, guarded_tables=("orders",)) for store in GROUP.stores))
    assert {finding.level for finding in check_policy(named, notified=True)} == {"ok"}
    bare = replace(GROUP, stores=tuple(replace(store, guarded_tables=()) for store in GROUP.stores))
    (failed,) = [finding for finding in check_policy(bare, notified=True) if finding.level == "fail"]
    assert "enforced by no table" in failed.detail


def test_a_gate_that_is_gone_is_a_failure_once_a_controller_runs() -> None:
    shop = Shop()
    shop.may_write = False
    shop.group = replace(
        shop.group, stores=tuple(replace(store, guarded_tables=("orders",)) for store in shop.group.stores)
    )

    def gate() -> Finding:
        return next(finding for finding in shop.findings() if finding.what == "gate in db-nyc3")

    assert (gate().level, "does not stand before orders" in gate().detail) == ("fail", True)
    asyncio.run(shop.databases["db-nyc3"].guard("shop", ("orders",), "shop"))
    assert gate().level == "ok"


def test_a_checkout_that_waits_for_the_first_controller_is_no_failure() -> None:
    shop = Shop()
    shop.prober.shut(Door.BUY, NYC, "status 503")

    async def level(runs: bool) -> str:
        found = await check_doors(shop.group, shop.world(), shop.grant, runs)
        return next(finding.level for finding in found if finding.what.startswith("buy"))

    assert (asyncio.run(level(True)), asyncio.run(level(False))) == ("fail", "warn")
