"""Where the group stands: who writes (the store of record), and what the provider's account holds of each side."""

from dataclasses import dataclass
from enum import StrEnum

from farshore.model.failure import Refused
from farshore.model.grant import Grant, held
from farshore.model.group import Group, Place
from farshore.model.keys import grant_key
from farshore.ports.cloud import Balancer, Cloud, DatabaseServer, Host
from farshore.ports.coordination import Coordination


class Old(StrEnum):
    """What has become of the database that does not write."""

    REPLICA = "replica"  # it follows the writer: all is well
    FORK = "fork"  # a cluster of its own, fenced: what a promotion leaves behind
    GONE = "gone"  # deleted, or not built yet


@dataclass(frozen=True, slots=True)
class Side:
    place: Place
    server: DatabaseServer | None
    balancer: Balancer | None
    hosts: tuple[Host, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    group: Group
    grant: Grant
    writer: Side
    standby: Side

    @property
    def database(self) -> DatabaseServer:
        """The writer's. `look` refuses when there is none."""
        assert self.writer.server is not None
        return self.writer.server

    @property
    def old(self) -> Old:
        server = self.standby.server
        if server is None:
            return Old.GONE
        return Old.REPLICA if server.replica_of == self.database.id else Old.FORK


async def look(store: Coordination, cloud: Cloud, group: Group) -> Standing:
    """Refused when it cannot be told who writes: no grant, or an account that contradicts it."""
    record = await store.read(grant_key(group.name))
    if not record.value:
        raise Refused(
            f"The store of record grants group {group.name} to nobody, so it cannot be told which region writes.",
            "Run this where the controller runs, with its farshore.yaml; or start `farshore watch` for the first time.",
        )
    grant = held(group, record.value)
    writer = await _side(cloud, group.place(grant.holder))
    standby = await _side(cloud, group.other(grant.holder))
    if writer.server is None:
        raise Refused(
            f"{grant.holder} writes under epoch {grant.epoch}, but its database {writer.place.database} is not in the "
            "account.",
            "Correct its name in farshore.yaml, or the token's account.",
        )
    if writer.server.replica_of is not None:
        raise Refused(
            f"{grant.holder} writes under epoch {grant.epoch}, but its database {writer.place.database} is a replica.",
            "Wait until the promotion has ended, and repeat.",
        )
    return Standing(group, grant, writer, standby)


async def _side(cloud: Cloud, place: Place) -> Side:
    return Side(
        place,
        await cloud.database(place.database),
        await cloud.balancer(place.load_balancer),
        tuple(host for host in await cloud.hosts(place.app_tag) if host.region == place.region),
    )
