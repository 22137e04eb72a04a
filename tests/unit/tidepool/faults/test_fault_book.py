"""Faults without a lab: what is refused, what is cut, and that faults on the same thing are counted."""

import asyncio
from collections import Counter
from typing import Any, cast

import pytest

from tidepool.api.faults import Faults as ApiFaults
from tidepool.faults.book import KINDS, FaultBook
from tidepool.faults.fault import World
from tidepool.faults.links import ways_of_link, ways_of_place
from tidepool.faults.partition import cable_rules
from tidepool.lab.home import LabError
from tidepool.lab.lab import Lab


class FakeWan:
    """Remembers the last order for each way."""

    def __init__(self) -> None:
        self.cut: dict[tuple[str, str], bool] = {}
        self.orders: list[dict[str, Any]] = []

    async def order(self, link: str, direction: str | None = None, **change: Any) -> None:
        self.orders.append({"link": link, "direction": direction} | change)
        if "cut" in change and direction:
            self.cut[link, direction] = change["cut"]

    def swallowing(self) -> set[tuple[str, str]]:
        return {way for way, cut in self.cut.items() if cut}


class FakeLab:
    def __init__(self) -> None:
        self.wan = FakeWan()
        self.cells: dict[str, Any] = {}


@pytest.fixture
def lab() -> FakeLab:
    return FakeLab()


@pytest.fixture
def world(lab: FakeLab) -> World:
    return World(cast(Lab, lab), ApiFaults())


@pytest.mark.parametrize(
    ("place", "link", "direction", "ways"),
    [
        ("nyc3", "peering", "both", {("peering", "ab"), ("peering", "ba")}),
        ("nyc3", "public", "out", {("public", "ab")}),
        ("sfo3", "public", "out", {("public", "ba")}),
        ("sfo3", "uplink", "in", {("uplink-sfo3", "ba")}),
        ("nyc3", "all", "out", {("peering", "ab"), ("public", "ab"), ("uplink-nyc3", "ab")}),
        ("internet", "uplink", "in", {("uplink-nyc3", "ab"), ("uplink-sfo3", "ab"), ("uplink-lon1", "ab")}),
        ("lon1", "peering", "both", set()),
    ],
)
def test_ways_of_a_place(place: str, link: str, direction: str, ways: set[tuple[str, str]]) -> None:
    """`in` and `out` are the place's own view, whichever end of the link it is."""
    assert set(ways_of_place(place, link, direction)) == ways


def test_ways_of_a_link() -> None:
    assert ways_of_link("public", "out") == [("public", "ab")]
    assert ways_of_link("public", "both") == [("public", "ab"), ("public", "ba")]


def test_overlapping_cuts_mend_only_when_the_last_is_removed(lab: FakeLab, world: World) -> None:
    """In any order of removal."""

    async def story() -> None:
        book = FaultBook(world)
        wide = await book.add("partition", "region:nyc3", {})
        narrow = await book.add("partition", "link:public", {"direction": "out"})
        assert ("public", "ab") in lab.wan.swallowing()
        await book.remove(wide)
        assert lab.wan.swallowing() == {("public", "ab")}
        await book.remove(narrow)
        assert lab.wan.swallowing() == set()
        assert book.in_force() == []

    asyncio.run(story())


def test_flush_can_be_declined(lab: FakeLab, world: World) -> None:
    """By default what is in flight is lost with the link: that is what costs a database its last commits."""

    async def story() -> None:
        book = FaultBook(world)
        await book.add("partition", "link:public", {"direction": "out"})
        await book.add("partition", "link:peering", {"direction": "out", "flush": "false"})

    asyncio.run(story())
    assert [order["flush"] for order in lab.wan.orders] == [True, False]


@pytest.mark.parametrize(
    ("kind", "target", "options", "words"),
    [
        ("kill", "nyc3", {}, "is not understood"),
        ("kill", "region:mars", {}, "there is no region or place 'mars'"),
        ("kill", "region:internet", {}, "cannot be killed"),
        ("kill", "link:public", {}, "cannot be aimed at a link"),
        ("kill", "region:nyc3", {"x": "1"}, "has no option 'x'"),
        ("kill", "service:web", {}, "service:HOST/UNIT"),
        ("freeze", "link:public", {}, "cannot be aimed at a link"),
        ("freeze", "region:internet", {}, "cannot be frozen"),
        ("partition", "service:web/nginx", {}, "cannot be aimed at a service"),
        ("partition", "link:moon", {}, "there is no link 'moon'"),
        ("partition", "region:nyc3", {"direction": "up"}, "direction=up is not offered"),
        ("partition", "region:lon1", {"link": "peering"}, "lon1 has no peering link"),
        ("partition", "link:public", {"link": "public"}, "already says which link"),
        ("partition", "region:nyc3", {"peer": "web"}, "peer= is for a host"),
        ("partition", "host:web", {"link": "uplink"}, "link=uplink is not offered"),
        ("slow", "link:public", {}, "needs delay="),
        ("flap", "link:public", {}, "needs period="),
        ("flap", "link:public", {"period": "inf"}, "needs period="),
        ("flap", "service:web/nginx", {"period": "1"}, "cannot be aimed at a service"),
        ("clock", "region:nyc3", {}, "needs shift="),
        ("clock", "region:nyc3", {"shift": "nan"}, "needs shift="),
        ("clock", "region:nyc3", {"shift": "+300"}, "no droplet or database"),
        ("clock", "link:public", {"shift": "+300"}, "cannot be aimed at a link"),
        ("api", "/v2/domains", {"late": "60", "status": "500"}, "acts after all"),
        ("slow", "link:public", {"delay": "long"}, "are milliseconds"),
        ("slow", "link:public", {"loss": "2"}, "loss= from 0 to 1"),
        ("api", "domains", {"status": "500"}, "must be a path"),
        ("melt", "host:web", {}, "there is no fault 'melt'"),
    ],
)
def test_what_makes_no_sense_is_refused(
    lab: FakeLab, world: World, kind: str, target: str, options: dict[str, str], words: str
) -> None:
    """With one sentence, and nothing is changed."""

    async def story() -> None:
        book = FaultBook(world)
        with pytest.raises((LabError, ValueError), match=words):
            await book.add(kind, target, options)
        assert book.in_force() == []

    asyncio.run(story())
    assert lab.wan.orders == []
    assert world.holds == Counter()


def test_a_flap_comes_and_goes_and_ends_whole(lab: FakeLab, world: World) -> None:
    """Cut when it is added; both states come by themselves; whole after removal, in whichever state it was met."""

    async def story() -> None:
        book = FaultBook(world)
        for cuts in (1, 2, 3):
            before = len(lab.wan.orders)
            fault = await book.add("flap", "link:public", {"period": "0.001", "direction": "out"})
            assert lab.wan.swallowing() == {("public", "ab")}
            while [order["cut"] for order in lab.wan.orders[before:]].count(True) < cuts:  # noqa: ASYNC110 the flap sets no event
                await asyncio.sleep(0)
            await book.remove(fault)
            assert lab.wan.swallowing() == set()
            assert [order["cut"] for order in lab.wan.orders[before:]][:3] == [True, False, True][: 2 * cuts]
        assert world.running == {}

    asyncio.run(story())


def test_api_faults_reach_the_api(world: World) -> None:
    """They are handed to the API's own hook and taken back."""

    async def story() -> None:
        book = FaultBook(world)
        fault = await book.add("api", "PUT /v2/domains/*", {"status": "500", "times": "2"})
        assert world.api.take("PUT", "/v2/domains/example.com") is not None
        assert book.in_force()[0]["text"] == "api PUT /v2/domains/* status=500 times=2"
        await book.remove(fault)
        assert world.api.take("PUT", "/v2/domains/example.com") is None

    asyncio.run(story())


def test_a_fault_that_cannot_be_mended_does_not_spare_the_others(lab: FakeLab, world: World) -> None:
    """`remove all` goes on, then says what failed."""

    async def story() -> None:
        book = FaultBook(world)
        await book.add("partition", "link:public", {})
        doomed = await book.add("partition", "link:peering", {})
        whole = lab.wan.order

        async def order(link: str, direction: str | None = None, **change: Any) -> None:
            if link == "peering":
                raise LabError("no answer")
            await whole(link, direction, **change)

        lab.wan.order = order  # type: ignore[method-assign]
        with pytest.raises(LabError, match=f"{doomed}: no answer"):
            await book.remove("all")
        assert book.in_force() == []
        assert ("public", "ab") not in lab.wan.swallowing()

    asyncio.run(story())


def test_cable_rules_name_direction_and_peer() -> None:
    """What comes in at the router's end is what the host sends out."""
    both = cable_rules("fault_f1", "pub-3", "both", [])
    assert both.count("table netdev") == 2
    out = cable_rules("fault_f1", "pub-3", "out", ["192.0.2.1", "10.0.0.1"])
    assert 'hook ingress device "pub-3"' in out
    assert "ip daddr { 192.0.2.1, 10.0.0.1 } drop" in out
    assert "egress" not in out


def test_every_kind_is_documented() -> None:
    """The command's own help names each."""
    from tidepool.cli import fault

    assert [kind for kind in KINDS if kind not in fault.EXAMPLES] == []
