"""What Terraform's state must forget and import so that its next plan destroys and replaces nothing.

The label stays with the place and the type follows the role: `cluster.primary` becomes `replica.primary` when its
region stands by, and is `cluster.primary` again when it is home. What belongs to a cluster gets a new label, for one
plan cannot forget an address and import into it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from farshore.ports.cloud import DatabaseServer
from farshore.provision.terraform.document import Document
from farshore.provision.terraform.kinds import (
    CLUSTER,
    DEPENDENTS,
    FIREWALL,
    RECORD,
    REPLICA,
    import_id,
    named_on_cluster,
)
from farshore.provision.terraform.resource import Address, Resource
from farshore.provision.terraform.standing import Old, Side, Standing


@dataclass(frozen=True, slots=True)
class Import:
    to: Address
    id: str
    instead_of: Resource | None  # what stood for it in the state


@dataclass(frozen=True, slots=True)
class Repoint:
    """A record whose value in the state is not the writer's balancer."""

    record: Resource
    address: str


@dataclass(frozen=True, slots=True)
class Moves:
    standing: Standing
    removed: tuple[str, ...]  # addresses of whole blocks
    by_command: tuple[Address, ...]  # instances that no `removed` block can name
    imports: tuple[Import, ...]
    forgotten: tuple[Resource, ...]
    repoints: tuple[Repoint, ...]
    notes: tuple[str, ...]
    version: str  # of the engine, as the state knows it
    addresses: tuple[tuple[str, Address], ...]  # id of a server -> where it is now

    @property
    def nothing(self) -> bool:
        return not (self.removed or self.by_command or self.imports or self.repoints)


def plan_moves(document: Document, standing: Standing) -> Moves:
    state = document.resources
    databases = [found for found in state if found.type in (CLUSTER, REPLICA) and _place_of(found, standing)]
    kept = [found for found in databases if _is_right(found, standing)]
    forgotten = [found for found in databases if found not in kept]
    taken = {str(found.address) for found in state}
    imports: list[Import] = []
    for side, server in _wanted(standing):
        if not any(_place_of(found, standing) is side for found in kept):
            imports.append(_import_database(side, server, standing, forgotten, taken))
    lost, followers = _follow(state, standing, forgotten, taken)
    forgotten += lost
    imports += followers
    removed, by_command = _ways_to_forget(state, forgotten, imports)
    homes = {found.text("id" if found.type == CLUSTER else "uuid"): found.address for found in kept}
    homes |= {one.id: one.to for one in imports if one.to.type == CLUSTER}
    return Moves(
        standing=standing,
        removed=removed,
        by_command=by_command,
        imports=tuple(imports),
        forgotten=tuple(forgotten),
        repoints=tuple(_repoints(state, standing)),
        notes=tuple(_notes(standing, databases)),
        version=next((found.text("version") for found in databases if found.text("version")), ""),
        addresses=tuple(homes.items()),
    )


def identity(found: Resource) -> str:
    """The cluster-grade id: a replica's own `id` is made of its primary's and its name."""
    return found.text("id" if found.type == CLUSTER else "uuid")


def _place_of(found: Resource, standing: Standing) -> Side | None:
    """By the provider's id first: names may be a variable that has been changed meanwhile."""
    sides = (standing.writer, standing.standby)
    for side in sides:
        if side.server is not None and identity(found) == side.server.id:
            return side
    return next((side for side in sides if found.text("name") == side.place.database), None)


def _is_right(found: Resource, standing: Standing) -> bool:
    if found.type == CLUSTER:
        return identity(found) == standing.database.id
    server = standing.standby.server
    follows = found.text("cluster_id") == standing.database.id
    return standing.old is Old.REPLICA and server is not None and identity(found) == server.id and follows


def _wanted(standing: Standing) -> Iterator[tuple[Side, DatabaseServer]]:
    yield standing.writer, standing.database
    if standing.old is Old.REPLICA and standing.standby.server is not None:
        yield standing.standby, standing.standby.server


def _import_database(
    side: Side, server: DatabaseServer, standing: Standing, forgotten: Sequence[Resource], taken: set[str]
) -> Import:
    before = next((found for found in forgotten if _place_of(found, standing) is side), None)
    writes = side is standing.writer
    type_ = CLUSTER if writes else REPLICA
    address = before.address.as_type(type_) if before else Address("", type_, str(side.place.region))
    address = _free(address, str(side.place.region), standing, taken)
    return Import(address, server.id if writes else import_id(REPLICA, standing.database.id, server.name), before)


def _free(address: Address, region: str, standing: Standing, taken: set[str]) -> Address:
    """Itself where nobody is at home, otherwise with the region in its label, whose old region goes."""
    if str(address) in taken:
        stem = address.name
        for place in (standing.group.first, standing.group.second):
            stem = stem.removesuffix(f"_{place.region}")
        labels = [f"{stem}_{region}", *(f"{stem}_{region}_{number}" for number in range(2, len(taken) + 3))]
        address = next(tried for label in labels if str(tried := address.named(label)) not in taken)
    taken.add(str(address))
    return address


def _follow(
    state: Sequence[Resource], standing: Standing, forgotten: Sequence[Resource], taken: set[str]
) -> tuple[list[Resource], list[Import]]:
    """What belongs to a cluster that is forgotten goes with it, and is imported from the writer where it lives on."""
    writer, standby = standing.database, standing.standby.server
    valid = {writer.id} | ({standby.id} if standby is not None and standing.old is Old.REPLICA else set())
    old = {identity(found) for found in forgotten} - {""} - valid
    if standby is not None and standing.old is Old.FORK:
        old.add(standby.id)
    dependents = [found for found in state if found.type in DEPENDENTS]
    present = {(found.text("cluster_id"), found.type, named_on_cluster(found)) for found in dependents}
    lost = [found for found in dependents if found.text("cluster_id") in old]
    imports = []
    for found in lost:
        name = named_on_cluster(found)
        if name is None:
            continue
        targets = [(standing.writer, writer)]
        if found.type == FIREWALL and standby is not None and standby.id in valid:
            targets.append((standing.standby, standby))  # trusted sources are each server's own
        for side, server in targets:
            if (server.id, found.type, name) in present:
                continue
            present.add((server.id, found.type, name))
            to = _free(found.address, str(side.place.region), standing, taken)
            imports.append(Import(to, import_id(found.type, server.id, name), found))
    return lost, imports


def _ways_to_forget(
    state: Sequence[Resource], forgotten: Sequence[Resource], imports: Sequence[Import]
) -> tuple[tuple[str, ...], tuple[Address, ...]]:
    """`removed` names a whole block, which must then be gone from the configuration; else a command does it."""
    going = {str(found.address) for found in forgotten}
    stays = {found.address.block for found in state if str(found.address) not in going}
    stays |= {one.to.block for one in imports}
    whole = dict.fromkeys(found.address.block for found in forgotten if found.address.block not in stays)
    return tuple(whole), tuple(found.address for found in forgotten if found.address.block in stays)


def _repoints(state: Sequence[Resource], standing: Standing) -> Iterator[Repoint]:
    balancer = standing.writer.balancer
    for found in state:
        if balancer is None or not balancer.ip or not store_of_record(found, standing):
            continue
        if found.text("type") == "A" and found.text("value") != balancer.ip:
            yield Repoint(found, balancer.ip)


def store_of_record(found: Resource, standing: Standing) -> bool:
    """Is it the DNS record that leads shoppers to a store of the group?"""
    if found.type != RECORD or found.text("type") not in ("A", "AAAA", "CNAME"):
        return False
    zone, name = found.text("domain"), found.text("name")
    full = zone if name in ("", "@") else name if name.endswith(f".{zone}") else f"{name}.{zone}"
    return any(full == store.domain for store in standing.group.stores)


def _notes(standing: Standing, databases: Sequence[Resource]) -> Iterator[str]:
    standby, region = standing.standby, standing.standby.place.region
    if not databases:
        yield (
            f"The state holds neither {standing.writer.place.database} nor {standby.place.database}: "
            "is this the right workspace?"
        )
    if standing.old is Old.FORK:
        yield (
            f"{standby.place.database} in {region} is the old writer, a fork that is fenced. It is forgotten here, "
            "with its trusted sources, for a plan that restored them would lift the fence. "
            "`farshore failback` rebuilds it."
        )
    if standing.old is Old.GONE:
        yield (
            f"There is no {standby.place.database} in {region}. When it has been rebuilt as a replica, "
            "run `farshore terraform moves` again."
        )
    if standing.old is Old.REPLICA and standby.server is not None and standby.server.status not in ("online", ""):
        yield f"The replica {standby.place.database} is {standby.server.status}; apply when it is online."


def with_commands_only(moves: Moves) -> Moves:
    """OpenTofu before 1.10 refuses the `lifecycle` that Terraform needs in `removed`; commands are the same in both."""
    whole = set(moves.removed)
    more = tuple(found.address for found in moves.forgotten if found.address.block in whole)
    return replace(moves, removed=(), by_command=moves.by_command + more)
