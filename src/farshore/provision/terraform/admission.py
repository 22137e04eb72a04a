"""Changes in place that stop a store without destroying anything: who is let in, where traffic goes, what is moved."""

from collections.abc import Callable, Iterator
from ipaddress import ip_address, ip_network

from farshore.provision.terraform.document import Change
from farshore.provision.terraform.finding import Finding, Level
from farshore.provision.terraform.kinds import CLUSTER, FIREWALL
from farshore.provision.terraform.lives import Lives
from farshore.provision.terraform.resource import blocks, plain, texts
from farshore.provision.terraform.standing import Standing

Said = tuple[str, str, bool]  # rule, what the plan would do, whether that is certain


def judge_update(change: Change, owned: str, lives: Lives, level: Level) -> Iterator[Finding]:
    """`level` is what a certain harm amounts to; what only becomes known with apply is no verdict for the writer."""
    role = "which sells" if level is Level.VIOLATION else "which stands by"
    address = str(change.address)
    for rule, doing, certain in _KINDS.get(change.type, _nothing)(change, lives):
        unsure = Level.UNKNOWN if level is Level.VIOLATION else Level.WARNING
        weight = level if certain else unsure
        if rule in ("T35", "T39"):
            weight = Level.WARNING
        yield Finding(weight, rule, address, f"{address} is {owned} in {lives.region}, {role}; the plan would {doing}.")


def judge_record(change: Change, standing: Standing) -> Iterator[Finding]:
    """The record of a store may be set to the writer's balancer, and to nothing else."""
    address, balancer = str(change.address), standing.writer.balancer
    subject = f"{address} leads shoppers to {standing.grant.holder}"
    renamed = [key for key in ("name", "type", "domain") if plain(change.after, key) != plain(change.before, key)]
    if renamed:
        sentence = f"{subject}; the plan would change its {' and '.join(renamed)}, and nobody would come."
        yield Finding(Level.VIOLATION, "T36", address, sentence)
        return
    before, after = plain(change.before, "value"), plain(change.after, "value")
    if before == after:
        return
    if not after:
        sentence = f"{subject}; the plan would set it to an address that is known only after apply."
        yield Finding(Level.UNKNOWN, "T36", address, sentence)
    elif balancer is None or after != balancer.ip:
        hint = "`farshore terraform moves` prints the value, or add `lifecycle { ignore_changes = [value, ttl] }`."
        sentence = f"{subject}; the plan would lead them to {after[:80]}, which is not its load balancer. {hint}"
        yield Finding(Level.VIOLATION, "T36", address, sentence)


def _nothing(change: Change, lives: Lives) -> Iterator[Said]:
    yield from ()


def _cluster(change: Change, lives: Lives) -> Iterator[Said]:
    if plain(change.after, "region") != plain(change.before, "region"):
        yield "T30", "move it to another region", not change.unknown.get("region")
    changed = [key for key in ("size", "node_count", "version") if _differs(change, key)]
    if changed:
        yield "T39", f"change its {' and '.join(changed)}, which restarts it", True


def _trusted(change: Change, lives: Lives) -> Iterator[Said]:
    """An empty list admits the world; one without the app servers admits no order."""
    rules, unknown = blocks(change.after, "rule"), change.unknown.get("rule")
    pairs = [(plain(rule, "type"), plain(rule, "value")) for rule in rules]
    if unknown is True or any(not value for _, value in pairs) or _any_true(unknown, ("type", "value")):
        if not any(_admits(pair, lives) for pair in pairs):
            yield "T31", "set it to what is known only after apply", False
        return
    if not pairs:
        yield "T31", "empty it, which opens the database to the world", True
    elif lives.side.hosts and not any(_admits(pair, lives) for pair in pairs):
        before = [(plain(rule, "type"), plain(rule, "value")) for rule in blocks(change.before, "rule")]
        if change.what != "update" or any(_admits(pair, lives) for pair in before):
            yield "T31", "no longer admit any of its app servers", True


def _admits(rule: tuple[str, str], lives: Lives) -> bool:
    kind, value = rule
    if kind == "tag":
        return value in {tag for host in lives.side.hosts for tag in host.tags} | {lives.side.place.app_tag}
    if kind == "droplet":
        return value in lives.hosts
    addresses = {address for host in lives.side.hosts for address in (host.private_ip, host.public_ip)}
    return kind == "ip_addr" and any(_within(address, value) for address in addresses if address)


def _within(address: str, network: str) -> bool:
    try:
        return ip_address(address) in ip_network(network, strict=False)
    except ValueError:
        return False


def _balancer(change: Change, lives: Lives) -> Iterator[Said]:
    had = texts(change.before, "droplet_ids") or plain(change.before, "droplet_tag")
    has = texts(change.after, "droplet_ids") or plain(change.after, "droplet_tag")
    if had and not has:
        certain = not (change.unknown.get("droplet_ids") or change.unknown.get("droplet_tag"))
        yield "T33", "leave it no app server", certain
    tag = lives.side.place.app_tag
    if plain(change.before, "droplet_tag") == tag and plain(change.after, "droplet_tag") not in ("", tag):
        yield "T33", f"give it app servers by another tag than {tag}", True
    if blocks(change.before, "forwarding_rule") and not blocks(change.after, "forwarding_rule"):
        yield "T33", "leave it no forwarding rule", not change.unknown.get("forwarding_rule")


def _host(change: Change, lives: Lives) -> Iterator[Said]:
    tag = lives.side.place.app_tag
    if tag in texts(change.before, "tags") and tag not in texts(change.after, "tags"):
        yield "T34", f"take the tag {tag} from it, by which it is found", not change.unknown.get("tags")
    if _differs(change, "size"):
        yield "T35", "resize it, which turns its power off", True


def _packets(change: Change, lives: Lives) -> Iterator[Said]:
    for key, what in (("inbound_rule", "nobody reaches them"), ("outbound_rule", "they reach nobody")):
        if blocks(change.before, key) and not blocks(change.after, key):
            yield "T32", f"leave it no {key}, so that {what}", not change.unknown.get(key)
    if not lives.firewall(change.after) and lives.hosts:
        unknown = bool(change.unknown.get("tags") or change.unknown.get("droplet_ids"))
        yield "T32", "take it from them, which leaves them open", not unknown


def _differs(change: Change, key: str) -> bool:
    return bool(change.unknown.get(key)) or plain(change.after, key) != plain(change.before, key)


def _any_true(found: object, keys: tuple[str, ...]) -> bool:
    return isinstance(found, list) and any(
        isinstance(item, dict) and any(item.get(key) is True for key in keys) for item in found
    )


_KINDS: dict[str, Callable[[Change, Lives], Iterator[Said]]] = {
    CLUSTER: _cluster,
    FIREWALL: _trusted,
    "digitalocean_loadbalancer": _balancer,
    "digitalocean_droplet": _host,
    "digitalocean_firewall": _packets,
}
