"""`farshore check` on the order journal: sound, and each single fault in one line."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest

from farshore.daemon.readiness.finding import Finding
from farshore.daemon.readiness.journal import check_journal
from farshore.model.grant import Grant
from farshore.model.group import Group, Place, Store
from farshore.model.order_entry import EntryKind, OrderEntry
from farshore.model.order_journal import JournalPolicy, JournalTerms
from farshore.model.region import Epoch, RegionName
from farshore.sim.fake_app import FakeApp, FakeApps

NYC, SFO = RegionName("nyc3"), RegionName("sfo3")
ENTRY = OrderEntry("shop", Epoch(1), EntryKind.ACK, "wc_order_1", 7, "1.00", "USD", 1, "c2VhbGVk")
GROUP = Group(
    "shop",
    "mysql",
    (Store("shop", "shop.example.com", "example.com", journal=JournalTerms(JournalPolicy.OPEN)),),
    Place(NYC, "lb-1", "db-1", "tag-1"),
    Place(SFO, "lb-2", "db-2", "tag-2"),
)


@dataclass
class Agents:
    here: FakeApp
    there: FakeApp

    def findings(self, group: Group = GROUP) -> list[Finding]:
        world: Any = SimpleNamespace(apps={NYC: FakeApps([self.here]), SFO: FakeApps([self.there])})
        return asyncio.run(check_journal(group, world, Grant(Epoch(1), NYC)))


def _agents() -> Agents:
    made = Agents(FakeApp("web-n1", NYC), FakeApp("web-s1", SFO))
    made.here.journal.received = {"shop": []}
    made.there.journal.received = {"shop": [ENTRY]}
    return made


def test_a_sound_journal_is_told_with_what_it_holds() -> None:
    (finding,) = _agents().findings()
    assert (finding.level, finding.detail) == ("ok", "1 agents in sfo3 keep it, 1 entries, nothing exposed")


def test_a_shop_without_one_is_not_bothered() -> None:
    off = replace(GROUP, stores=(replace(GROUP.stores[0], journal=JournalTerms()),))
    assert _agents().findings(off) == []


FAULTS: list[tuple[Callable[[Agents], object], str, str]] = [
    (lambda made: made.there.journal.received.clear(), "fail", "no agent in sfo3 keeps it"),
    (lambda made: setattr(made.there.journal, "reachable", False), "fail", "no agent in sfo3 keeps it"),
    (lambda made: made.here.journal.received.clear(), "warn", "web-n1 were not told of it"),
    (lambda made: made.here.journal.spooled.update(shop=[ENTRY]), "warn", "1 entries are exposed"),
]


@pytest.mark.parametrize(("spoil", "level", "detail"), FAULTS)
def test_each_fault_is_one_line_with_a_remedy(spoil: Callable[[Agents], object], level: str, detail: str) -> None:
    made = _agents()
    spoil(made)
    (finding,) = made.findings()
    assert (finding.level, detail in finding.detail, bool(finding.remedy)) == (level, True, True), finding
