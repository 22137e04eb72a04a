"""Would this plan hurt the region that sells? Pure: a plan and where the group stands, to findings.

Rules are numbered with gaps; a number is never reused. T1x destroy, T3x change in place, T5x build, T7x look odd.
"""

from collections.abc import Iterator

from farshore.provision.terraform.admission import judge_record, judge_update
from farshore.provision.terraform.document import Change, Document
from farshore.provision.terraform.finding import Finding, Level
from farshore.provision.terraform.kinds import CLUSTER, FIREWALL, RECORD, REPLICA
from farshore.provision.terraform.lives import Lives, lives_of
from farshore.provision.terraform.moves import store_of_record
from farshore.provision.terraform.resource import Resource, Values, plain, texts
from farshore.provision.terraform.standing import Old, Standing
from farshore.settings.problem import BadSettings

_MOVES = "`farshore terraform moves` tells Terraform what has become of it."


def judge(document: Document, standing: Standing) -> tuple[Finding, ...]:
    """Raises BadSettings when the document cannot be judged at all."""
    if not document.is_plan:
        raise BadSettings(
            f"{document.name}: is a state and no plan; write `terraform plan -out p`, then `show -json p`."
        )
    if document.errored:
        raise BadSettings(f"{document.name}: the plan ended in an error and is not whole; repair that and plan again.")
    writer, standby = lives_of(standing.writer, document), lives_of(standing.standby, document)
    found: list[Finding] = []
    for change in document.changes:
        found += _judge_change(change, standing, writer, standby)
    found += _judge_whole(document, writer)
    order = list(Level)
    return tuple(sorted(found, key=lambda finding: order.index(finding.level)))


def _judge_change(change: Change, standing: Standing, writer: Lives, standby: Lives) -> Iterator[Finding]:
    if change.what in ("keep", "forget"):
        return
    if change.type in ("digitalocean_domain", RECORD):
        yield from _judge_dns(change, standing)
    elif change.what == "create":
        yield from _judge_create(change, standing)
    elif owned := writer.owns(change.type, change.before):
        if change.ends:
            yield _ends(change, owned, f"in {writer.region}, which sells", Level.VIOLATION, "T10")
        else:
            yield from judge_update(change, owned, writer, Level.VIOLATION)
    elif owned := standby.owns(change.type, change.before):
        if change.ends:
            yield _ends(change, owned, f"in {standby.region}, which stands by", Level.WARNING, "T12")
        elif change.type == FIREWALL and standing.old is Old.FORK:
            yield Finding(
                Level.WARNING,
                "T38",
                str(change.address),
                f"{change.address} is {owned}, the fenced old writer in {standby.region}; the plan would change it and "
                f"may lift the fence. {_MOVES}",
            )
        else:
            yield from judge_update(change, owned, standby, Level.WARNING)
    else:
        yield from _judge_stranger(change, writer)
    if change.what in ("create", "replace"):
        yield from _judge_new_sources(change, writer)


def _judge_new_sources(change: Change, writer: Lives) -> Iterator[Finding]:
    """A list of trusted sources that is created replaces the one that is there, whoever made that."""
    made_for, was_for = plain(change.after, "cluster_id"), plain(change.before, "cluster_id")
    if change.type == FIREWALL and made_for == writer.server_id != was_for:
        yield from judge_update(change, writer.owns(change.type, change.after), writer, Level.VIOLATION)


def _ends(change: Change, owned: str, where: str, level: Level, rule: str) -> Finding:
    address, doing = str(change.address), "destroy it"
    if change.what == "replace":
        why = f", because of {', '.join(change.because)}" if change.because else ""
        doing = f"destroy it and build another{why}"
    if change.type == "digitalocean_certificate" and change.what == "replace" and change.first_new:
        level, doing = Level.WARNING, "build another first and then destroy it"
    if change.type in (FIREWALL, "digitalocean_firewall"):
        doing += (
            ", which leaves everything open in between" if change.what == "replace" else ", which opens it to the world"
        )
    if change.type == "digitalocean_vpc_peering" and level is Level.VIOLATION:
        level, doing = Level.WARNING, f"{doing}, and cut what passes between the regions"
    hint = f" {_MOVES}" if change.type in (CLUSTER, REPLICA) else ""
    return Finding(level, rule, address, f"{address} is {owned} {where}; the plan would {doing}.{hint}")


def _judge_dns(change: Change, standing: Standing) -> Iterator[Finding]:
    """DNS is nobody's side: shoppers come by it whoever sells."""
    address, zones = str(change.address), {store.zone for store in standing.group.stores}
    if change.type == RECORD:
        if not store_of_record(Resource(change.address, change.before), standing):
            return
        if change.ends:
            record = f"the record {plain(change.before, 'name')} of {plain(change.before, 'domain')}"
            yield _ends(change, record, "by which shoppers come", Level.VIOLATION, "T14")
        else:
            yield from judge_record(change, standing)
    elif change.ends and plain(change.before, "name") in zones:
        domain = f"the domain {plain(change.before, 'name')}"
        yield Finding(
            Level.VIOLATION,
            "T14",
            address,
            f"{address} is {domain}, by which shoppers come; the plan would destroy it with all its records.",
        )


def _judge_create(change: Change, standing: Standing) -> Iterator[Finding]:
    address, name = str(change.address), plain(change.after, "name")
    names = {standing.group.first.database, standing.group.second.database}
    if change.type in (CLUSTER, REPLICA) and name in names:
        what = "cluster" if change.type == CLUSTER else "replica"
        yield Finding(
            Level.WARNING,
            "T50",
            address,
            f"{address} would be a new {what} {name}, a name that is this group's already. {_MOVES}",
        )


def _judge_stranger(change: Change, writer: Lives) -> Iterator[Finding]:
    address = str(change.address)
    if change.type in ("digitalocean_project", "digitalocean_project_resources"):
        moved = _urns(change.before) - (_urns(change.after) if not change.ends else frozenset())
        ids = {writer.server_id, *writer.hosts, writer.side.balancer.id if writer.side.balancer else ""} - {""}
        if any(urn.rpartition(":")[2] in ids for urn in moved):
            yield Finding(
                Level.WARNING,
                "T70",
                address,
                f"{address} would move what {writer.region} sells with to another project, "
                "where rights and alerts may be others.",
            )
    elif change.ends and plain(change.before, "region") == writer.region:
        doing = "replace" if change.what == "replace" else "destroy"
        yield Finding(
            Level.WARNING,
            "T72",
            address,
            f"{address} stands in {writer.region}, which sells; the plan would {doing} it, and farshore does not know "
            "whether the store needs it.",
        )


def _judge_whole(document: Document, writer: Lives) -> Iterator[Finding]:
    if not document.complete:
        yield Finding(
            Level.UNKNOWN,
            "T74",
            "",
            "The plan is not complete: some changes are deferred, and more will be planned later.",
        )
    known = [(found.type, found.values) for found in document.resources]
    if not any(writer.owns(type_, values) for type_, values in known):
        yield Finding(
            Level.WARNING,
            "T76",
            "",
            f"The state beside this plan holds nothing of {writer.region}, which sells: is this the right workspace?",
        )


def _urns(values: Values) -> frozenset[str]:
    return texts(values, "resources")
