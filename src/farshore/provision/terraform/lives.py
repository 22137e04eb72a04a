"""What a side lives on, recognised in a plan by the provider's ids and by names."""

from collections.abc import Callable
from dataclasses import dataclass

from farshore.provision.terraform.document import Change, Document
from farshore.provision.terraform.kinds import CLUSTER, DEPENDENTS, REPLICA
from farshore.provision.terraform.resource import Values, blocks, plain, texts
from farshore.provision.terraform.standing import Side


@dataclass(frozen=True, slots=True)
class Lives:
    """The account says what it knows; what stands beside it, such as networks and certificates, the state knows."""

    side: Side
    vpcs: frozenset[str]
    certificates: frozenset[str]

    @property
    def region(self) -> str:
        return str(self.side.place.region)

    @property
    def server_id(self) -> str:
        return self.side.server.id if self.side.server is not None else ""

    @property
    def hosts(self) -> frozenset[str]:
        return frozenset(str(host.id) for host in self.side.hosts)

    def owns(self, type_: str, values: Values) -> str:
        """What it is to this side, as the middle of a sentence; "" when it is nothing."""
        known = _KINDS.get(type_)
        if known is not None:
            return known(self, values)
        return self._database_part(type_, values) if type_ in DEPENDENTS else ""

    def _database_part(self, type_: str, values: Values) -> str:
        if not self.server_id or plain(values, "cluster_id") != self.server_id:
            return ""
        what = type_.removeprefix("digitalocean_database_").replace("_", " ")
        what = {"db": "database", "firewall": "list of trusted sources"}.get(what, what)
        name = plain(values, "name")
        return f"the {what}{f' {name}' if name else ''} of {self.side.place.database}"

    def database(self, values: Values) -> str:
        place = self.side.place
        mine = self.server_id and self.server_id in (plain(values, "id"), plain(values, "uuid"))
        return f"the database {place.database}" if mine or plain(values, "name") == place.database else ""

    def balancer(self, values: Values) -> str:
        place, known = self.side.place, self.side.balancer
        mine = known is not None and plain(values, "id") == known.id
        return f"the load balancer {place.load_balancer}" if mine or _named(values, place.load_balancer) else ""

    def host(self, values: Values) -> str:
        tagged = self.side.place.app_tag in texts(values, "tags") and plain(values, "region") == self.region
        return f"the app server {plain(values, 'name')}".strip() if plain(values, "id") in self.hosts or tagged else ""

    def network(self, values: Values) -> str:
        return f"the network {plain(values, 'name')}".strip() if plain(values, "id") in self.vpcs else ""

    def peering(self, values: Values) -> str:
        return "a peering of its network" if texts(values, "vpc_ids") & self.vpcs else ""

    def certificate(self, values: Values) -> str:
        known = {plain(values, key) for key in ("id", "uuid", "name")} - {""}
        return f"the certificate {plain(values, 'name')} of its load balancer" if known & self.certificates else ""

    def tag(self, values: Values) -> str:
        tag = self.side.place.app_tag
        return f"the tag {tag}, by which its app servers are found" if plain(values, "name") == tag else ""

    def firewall(self, values: Values) -> str:
        covers = self.side.place.app_tag in texts(values, "tags") or texts(values, "droplet_ids") & self.hosts
        return f"the firewall {plain(values, 'name')} of its app servers" if covers else ""

    def disk(self, values: Values) -> str:
        attached = {plain(values, "droplet_id"), *texts(values, "droplet_ids")} & self.hosts
        return "a volume of its app servers" if attached else ""

    def reserved(self, values: Values) -> str:
        return "a reserved address of its app servers" if plain(values, "droplet_id") in self.hosts else ""


_KINDS: dict[str, Callable[[Lives, Values], str]] = {
    CLUSTER: Lives.database,
    REPLICA: Lives.database,
    "digitalocean_loadbalancer": Lives.balancer,
    "digitalocean_droplet": Lives.host,
    "digitalocean_vpc": Lives.network,
    "digitalocean_vpc_peering": Lives.peering,
    "digitalocean_certificate": Lives.certificate,
    "digitalocean_tag": Lives.tag,
    "digitalocean_firewall": Lives.firewall,
    "digitalocean_volume": Lives.disk,
    "digitalocean_volume_attachment": Lives.disk,
    "digitalocean_reserved_ip": Lives.reserved,
    "digitalocean_reserved_ip_assignment": Lives.reserved,
}


def lives_of(side: Side, document: Document) -> Lives:
    """Reads the state beside the plan, and what each change says was before."""
    bare = Lives(side, frozenset(), frozenset())
    vpcs = {side.server.network} if side.server is not None else set()
    certificates: set[str] = set()
    for type_, values in _everything(document):
        if type_ not in (CLUSTER, REPLICA, "digitalocean_loadbalancer", "digitalocean_droplet"):
            continue
        if not bare.owns(type_, values) or plain(values, "region") != bare.region:
            continue
        vpcs |= {plain(values, "vpc_uuid"), plain(values, "private_network_uuid")}
        for rule in blocks(values, "forwarding_rule"):
            certificates |= {plain(rule, "certificate_name"), plain(rule, "certificate_id")}
    return Lives(side, frozenset(vpcs - {""}), frozenset(certificates - {""}))


def _everything(document: Document) -> list[tuple[str, Values]]:
    changed: list[Change] = list(document.changes)
    return [(found.type, found.values) for found in document.resources] + [(one.type, one.before) for one in changed]


def _named(values: Values, name: str) -> bool:
    return plain(values, "name") == name
