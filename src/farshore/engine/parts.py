"""What the provider says the group's places are made of: looked up once, kept warm, so that a failover asks nothing."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from farshore.engine.world import World
from farshore.model.failure import Failure, Refused, RetryLater
from farshore.model.group import Group, Place
from farshore.model.region import Endpoint, Epoch, RegionName, Role
from farshore.ports.cloud import DatabaseServer
from farshore.ports.database import Database


@dataclass(frozen=True, slots=True)
class Half:
    """One place of the group, found."""

    place: Place
    server: DatabaseServer
    database: Database
    address: str  # of the region's balancer

    @property
    def region(self) -> RegionName:
        return self.place.region

    def endpoint(self, epoch: Epoch, role: Role) -> Endpoint:
        """What this region's app servers read while they are `role`: always their own region's database."""
        return Endpoint(epoch, role, self.region, self.server.private_host, self.server.port)


@dataclass(frozen=True, slots=True)
class Parts:
    halves: Mapping[RegionName, Half] = field(default_factory=dict)
    missing: Mapping[RegionName, str] = field(default_factory=dict)  # why a place was not found

    def half(self, region: RegionName) -> Half:
        """RetryLater, with the reason, while the place is not found: it is looked up again each tick."""
        if region not in self.halves:
            why = self.missing.get(region, "they were not looked up yet.")
            raise RetryLater(f"The parts of {region} are not known: {why}", "Run `farshore check`.", after_s=0.5)
        return self.halves[region]

    @property
    def whole(self) -> bool:
        return len(self.halves) == 2


async def look_up(group: Group, world: World, known: Parts) -> Parts:
    """Ask for what is missing; what is known stays, and with it its warm connections."""
    places = [p for p in (group.first, group.second) if p.region not in known.halves]
    answers = await asyncio.gather(*(_find(place, world) for place in places), return_exceptions=True)
    halves, missing = dict(known.halves), {}
    for place, answer in zip(places, answers, strict=True):
        if isinstance(answer, Half):
            halves[place.region] = answer
        elif isinstance(answer, Failure):
            missing[place.region] = str(answer)
        else:
            raise answer
    return Parts(halves, missing)


async def _find(place: Place, world: World) -> Half:
    server, balancer = await asyncio.gather(
        world.cloud.database(place.database), world.cloud.balancer(place.load_balancer)
    )
    if server is None:
        raise Refused(f"The account has no database {place.database}.", "Correct its name in farshore.yaml.")
    if balancer is None or not balancer.ip:
        raise Refused(
            f"The account has no load balancer {place.load_balancer} with an address.",
            "Correct its name in farshore.yaml.",
        )
    for what, name, region, key in (
        ("database", server.name, server.region, "database"),
        ("load balancer", balancer.name, balancer.region, "load_balancer"),
    ):
        # A grant to a region by a wrong name would outlive the correction of the name.
        if region != place.region:
            raise Refused(
                f"The {what} {name} is in {region}, not in {place.region}.",
                f"Correct region or {key} in farshore.yaml.",
            )
    return Half(place, server, world.database(server), balancer.ip)
