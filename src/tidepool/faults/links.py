"""Cutting and mending directions of links, counted per fault, so that overlapping partitions mend in any order."""

from collections.abc import Iterable

from tidepool.faults.fault import World
from tidepool.lab.places import LINKS, links_of

Way = tuple[str, str]  # link, "ab" or "ba"


def ways_of_place(place: str, link: str, direction: str) -> list[Way]:
    """`link`: peering, public, uplink or all; `direction` as the place sees it: both, in or out."""
    found: list[Way] = []
    for known in links_of(place):
        if link == "all" or known.name == link or known.name.startswith(f"{link}-"):
            outward, inward = ("ab", "ba") if known.a == place else ("ba", "ab")
            found += [
                (known.name, way) for way, name in ((outward, "out"), (inward, "in")) if direction in ("both", name)
            ]
    return found


def ways_of_link(link: str, direction: str) -> list[Way]:
    """`out` is from the link's first end to its second, as in places.LINKS: nyc3 to sfo3, a place to the internet."""
    assert link in LINKS
    return [(link, way) for way, name in (("ab", "out"), ("ba", "in")) if direction in ("both", name)]


async def cut(world: World, ways: Iterable[Way], *, flush: bool) -> None:
    for link, way in ways:
        if world.hold("way", link, way):
            await world.lab.wan.order(link, way, cut=True, flush=flush)


async def mend(world: World, ways: Iterable[Way]) -> None:
    for link, way in ways:
        if world.release("way", link, way):
            await world.lab.wan.order(link, way, cut=False)
