"""The moves as one file of HCL: what a machine can do as blocks, what a person has to change as a commented diff."""

from collections.abc import Iterator

from farshore.provision.terraform import hcl
from farshore.provision.terraform.hcl import Bare, Value
from farshore.provision.terraform.kinds import (
    CLUSTER,
    CLUSTER_ARGUMENTS,
    DEPENDENTS,
    FIREWALL,
    REPLICA,
    REPLICA_ARGUMENTS,
)
from farshore.provision.terraform.moves import Import, Moves, identity
from farshore.provision.terraform.standing import Side

HEAD = "# farshore terraform moves: "
TOOLS = {
    "terraform": ("terraform", "Terraform 1.7 or newer"),
    "opentofu": ("tofu", "OpenTofu 1.10 or newer"),
    "opentofu-1.7": ("tofu", "OpenTofu 1.7 to 1.9"),
}


def render(moves: Moves, tool: str) -> str:
    """For `tool`, one of TOOLS."""
    program, versions = TOOLS[tool]
    standing = moves.standing
    parts = [
        f"{HEAD}{standing.grant.holder} writes under epoch {standing.grant.epoch}\n"
        + hcl.comment(f"For {versions}, provider digitalocean/digitalocean. It belongs in the root module.")
    ]
    parts += [hcl.comment(f"Note: {note}") for note in moves.notes]
    if moves.nothing:
        return "\n".join([*parts, hcl.comment("The state names the world as it is: there is nothing to move.")])
    if moves.by_command:
        lines = [f"{program} state rm {hcl.shell(str(address))}" for address in moves.by_command]
        why = "First, by hand, for no `removed` block can name a single instance:"
        if not moves.removed and tool == "opentofu-1.7":
            why = (
                "First, by hand: these versions refuse the `lifecycle` that makes a `removed` block safe in Terraform."
            )
        parts.append(hcl.comment("\n".join([why, *(f"  {line}" for line in lines)])))
    parts += [hcl.removed(address) for address in moves.removed]
    parts += [hcl.imported(str(one.to), one.id) for one in moves.imports]
    parts.append(hcl.comment("\n".join(_by_hand(moves))))
    parts.append(
        hcl.comment(
            f"Then: `{program} plan -out p && {program} show -json p | farshore terraform guard -`.\n"
            "Read the plan, apply it, and remove this file."
        )
    )
    return "\n".join(parts)


def _by_hand(moves: Moves) -> Iterator[str]:
    yield "In your configuration (a person does this; the plan shows what is left):"
    replaced = {str(one.instead_of.address) for one in moves.imports if one.instead_of is not None}
    for found in moves.forgotten:
        if str(found.address) not in replaced:
            yield ""
            yield f"- {_block(found.address.type, found.address.name)} {{ ... }}{_where(found.address.module)}"
    for one in moves.imports:
        yield ""
        yield from _diff(one, moves)
    yield from _references(moves)
    for repoint in moves.repoints:
        address = repoint.record.address
        yield ""
        yield f"  {_block(address.type, address.name)} {{{_where(address.module)}"
        yield f"-   value = {hcl.quoted(repoint.record.text('value')[: hcl.ONE_LINE])}"
        yield f"+   value = {hcl.quoted(repoint.address)}"
        yield "    # or once and for all: lifecycle { ignore_changes = [value, ttl] }, for farshore moves this record"
        yield "  }"


def _diff(one: Import, moves: Moves) -> Iterator[str]:
    old = one.instead_of.address if one.instead_of is not None else None
    if old is not None and str(old) != str(one.to):
        yield f"- {_block(old.type, old.name)} {{ ... }}{_where(old.module)}"
    yield f"+ {_block(one.to.type, one.to.name)} {{{_where(one.to.module, one.to.key)}"
    for name, value in _arguments(one, moves).items():
        yield f"+   {name} = {hcl.value(value)}"
    if one.to.type not in (CLUSTER, REPLICA):
        yield "    # ... its other arguments as they were"
    yield "+ }"


def _arguments(one: Import, moves: Moves) -> dict[str, Value]:
    """What would replace, move or resize the object if it were written otherwise."""
    if one.to.type == CLUSTER:
        return _known(moves.standing.writer, moves, CLUSTER_ARGUMENTS) | _tags(one)
    if one.to.type == REPLICA:
        found = _known(moves.standing.standby, moves, REPLICA_ARGUMENTS)
        return found | {"cluster_id": _reference(moves.standing.database.id, one, moves)}
    server = one.id.partition(",")[0]
    named: dict[str, Value] = {"cluster_id": _reference(server, one, moves)}
    argument = DEPENDENTS[one.to.type]
    if argument:
        named[argument] = one.id.partition(",")[2]
    return named


def _known(side: Side, moves: Moves, wanted: tuple[str, ...]) -> dict[str, Value]:
    server = side.server
    if server is None:
        return {}
    values: dict[str, Value] = {
        "name": server.name,
        "engine": server.engine,
        "version": moves.version,
        "region": str(server.region),
        "size": server.size,
        "node_count": 1,
        "cluster_id": "",
        "private_network_uuid": server.network,
    }
    unknown = Bare("...  # as the provider's panel says")
    return {name: values[name] or unknown for name in wanted if values[name] or name != "private_network_uuid"}


def _tags(one: Import) -> dict[str, Value]:
    tags = one.instead_of.values.get("tags") if one.instead_of is not None else None
    if isinstance(tags, list) and tags and all(isinstance(tag, str) for tag in tags):
        return {"tags": sorted(tags)}
    return {}


def _reference(server: str, one: Import, moves: Moves) -> Value:
    """By address where that is in the same module, otherwise the id itself: modules see each other's outputs only."""
    for known, address in moves.addresses:
        if known == server and address.module == one.to.module:
            return Bare(f"{address.type}.{address.name}{address.key}.{'id' if address.type == CLUSTER else 'uuid'}")
    for other in moves.imports:
        if other.to.type == REPLICA and moves.standing.standby.server is not None:
            same = server == moves.standing.standby.server.id and other.to.module == one.to.module
            if same:
                return Bare(f"{REPLICA}.{other.to.name}{other.to.key}.uuid")
    return server


def _references(moves: Moves) -> Iterator[str]:
    """Whoever spoke of the old addresses speaks of the new ones."""
    pairs = {}
    writer = next((at for known, at in moves.addresses if known == moves.standing.database.id), None)
    for found in moves.forgotten:
        if found.type not in (CLUSTER, REPLICA) or writer is None:
            continue
        attribute = "id" if found.type == CLUSTER else "uuid"
        old = f"{found.type}.{found.address.name}{found.address.key}"
        promoted = identity(found) == moves.standing.database.id
        if promoted or found.type == CLUSTER:
            pairs[f"{old}.{attribute}"] = f"{writer.type}.{writer.name}{writer.key}.id"
    if pairs:
        yield ""
        yield "References that mean the writer:"
        for old, new in pairs.items():
            yield f"- {old}"
            yield f"+ {new}"
    if any(found.type == FIREWALL for found in moves.forgotten):
        yield ""
        yield "An imported firewall keeps its sources only if its `rule` blocks name them; compare with the plan."


def _block(type_: str, name: str) -> str:
    return f"resource {hcl.quoted(type_)} {hcl.quoted(name)}"


def _where(module: str, key: str = "") -> str:
    said = " ".join(filter(None, (module and f"in {module}", key and f"instance {key}")))
    return f"  # {said}" if said else ""
