"""A group and its failover plan, for the tests of the plan package."""

from dataclasses import replace

from farshore.model.group import Fences, Group, Place, Store
from farshore.model.permit import PROFILES, Gate
from farshore.model.region import Epoch, RegionName
from farshore.plan.build import failover
from farshore.plan.plan import Plan

NYC, SFO = RegionName("nyc3"), RegionName("sfo3")


def a_group(*, allow_unfenced: bool = False, gate: Gate = Gate.NONE, fences: Fences | None = None) -> Group:
    return Group(
        "g",
        "mysql",
        (Store("s", "shop.example.com", "example.com"),),
        Place(NYC, "l1", "d1", "t1"),
        Place(SFO, "l2", "d2", "t2"),
        allow_unfenced=allow_unfenced,
        permit=replace(PROFILES["fast"], gate=gate),
        fences=fences or Fences(),
    )


def a_plan(
    *,
    allow_unfenced: bool = False,
    reachable: bool = False,
    gate: Gate = Gate.NONE,
    fences: Fences | None = None,
) -> Plan:
    group = a_group(allow_unfenced=allow_unfenced, gate=gate, fences=fences)
    return failover(group, Epoch(2), NYC, old_database_reachable=reachable, rule="V100", because="It is down.")
