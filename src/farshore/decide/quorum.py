"""Whether a region's door is shut, by the votes of vantage points that can be trusted to see.

A vantage point that cannot see its own references judges nobody. Votes are counted by place, because two
observers behind one uplink are one witness.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from farshore.model.group import Thresholds
from farshore.model.region import RegionName
from farshore.model.sighting import Door, Sighting

PLACES_MIN = 2  # independent places that must agree before automation calls a door shut
OUTSIDE_MIN = 1  # of those, places outside both regions


class Gate(StrEnum):
    """What the vantage points together say of a door."""

    OPEN = "open"
    UNSEEN = "unseen"  # nobody who can see has looked lately
    DISPUTED = "disputed"  # they disagree, or are not sure yet
    SHUT_BY_FEW = "shut by few"  # all who can see say shut, and they are too few or not independent
    SHUT = "shut"
    CLOSED = "closed"  # only the checkout is shut, and no permit was renewed for long enough that it could be open


class Vote(StrEnum):
    UP = "up"
    DOUBT = "doubt"
    DOWN = "down"


Seat = tuple[str, str, str]
"""(vantage, door, region): one who looks at one door."""


def seat(sighting: Sighting) -> Seat:
    return (sighting.vantage, sighting.door, sighting.region)


def vote(sighting: Sighting, limits: Thresholds, was_down: frozenset[Seat]) -> Vote:
    """Down needs `down_after` failures in a row, and up again `up_after` successes: a flapping door is neither."""
    if not sighting.ok:
        return Vote.DOWN if sighting.streak >= limits.down_after else Vote.DOUBT
    if seat(sighting) in was_down and sighting.streak < limits.up_after:
        return Vote.DOUBT
    return Vote.UP


def remember_down(sightings: Iterable[Sighting], limits: Thresholds, was_down: frozenset[Seat]) -> frozenset[Seat]:
    """Who has called which door down and has not seen it up for long enough since."""
    down = set(was_down)
    for sighting in sightings:
        match vote(sighting, limits, was_down):
            case Vote.DOWN:
                down.add(seat(sighting))
            case Vote.UP:
                down.discard(seat(sighting))
            case Vote.DOUBT:
                pass
    return frozenset(down)


def judges(sightings: Iterable[Sighting], limits: Thresholds) -> frozenset[str]:
    """Vantage points that reached a reference of their own a moment ago."""
    return frozenset(s.vantage for s in sightings if s.door is Door.REFERENCE and s.ok and s.age_s <= limits.fresh_s)


def gate(
    sightings: Sequence[Sighting],
    door: Door,
    region: RegionName,
    regions: tuple[RegionName, RegionName],
    limits: Thresholds,
    was_down: frozenset[Seat],
) -> Gate:
    """The door's state. Nobody who stands in the region is asked about it."""
    trusted = judges(sightings, limits)
    ballots: dict[str, list[Vote]] = {}
    for sighting in sightings:
        if (
            sighting.door is door
            and sighting.region == region
            and sighting.vantage in trusted
            and sighting.place != region
            and sighting.age_s <= limits.fresh_s
        ):
            ballots.setdefault(sighting.place, []).append(vote(sighting, limits, was_down))
    return _count({place: _majority(votes) for place, votes in ballots.items()}, regions)


def _majority(votes: Sequence[Vote]) -> Vote:
    for candidate in (Vote.DOWN, Vote.UP):
        if votes.count(candidate) * 2 > len(votes):
            return candidate
    return Vote.DOUBT


def _count(votes: dict[str, Vote], regions: tuple[RegionName, RegionName]) -> Gate:
    if not votes:
        return Gate.UNSEEN
    down = [place for place, cast in votes.items() if cast is Vote.DOWN]
    up = [place for place, cast in votes.items() if cast is Vote.UP]
    outside = [place for place in down if place not in regions]
    if len(down) >= PLACES_MIN and len(outside) >= OUTSIDE_MIN and len(down) * 2 > len(votes):
        return Gate.SHUT
    if len(down) == len(votes):
        return Gate.SHUT_BY_FEW
    if len(up) * 2 > len(votes):
        return Gate.OPEN
    return Gate.DISPUTED
