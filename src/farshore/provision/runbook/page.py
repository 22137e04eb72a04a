"""The runbook as a whole: one block per step of the plan, in an order that keeps every dependency."""

import json
import math
from collections.abc import Iterable
from shlex import quote
from urllib.parse import urlencode

from farshore.model.group import Store
from farshore.model.keys import grant_key
from farshore.model.region import Role
from farshore.plan.plan import Plan
from farshore.plan.step import SENTENCES, Step
from farshore.plan.step import StepKind as K
from farshore.provision.runbook import fences, sql
from farshore.provision.runbook.head import head
from farshore.settings.settings import Settings


def page(settings: Settings, plan: Plan) -> str:
    group = settings.group
    old, new = group.place(plan.from_region), group.place(plan.to_region)
    parts = [head(settings, plan), sql.connect(group, old.database, new.database)]
    for step in plan.steps:
        parts.append(_title(step, plan) + _commands(step.kind, settings, plan) + "\n")
    return "\n".join(parts)


def _title(step: Step, plan: Plan) -> str:
    sentence = SENTENCES[step.kind].format(lose=plan.from_region, gain=plan.to_region, epoch=plan.epoch)
    either = (" or ".join(step.after_any),) if step.after_any else ()
    waits = f"\n# After: {', '.join((*step.after, *either))}" if step.after or either else ""
    best = "\n# Best effort: when nobody answers there, go on." if step.optional else ""
    return f"# --- {step.kind}: {sentence}.{waits}{best}\n"


def _commands(kind: K, settings: Settings, plan: Plan) -> str:
    group = settings.group
    new = group.place(plan.to_region)
    match kind:
        case K.REVOKE:
            return _revoke(settings, plan)
        case K.AWAIT_PERMIT:
            # By hand nobody knows when the last renewal was seen: the whole wait, from now.
            wait_s = math.ceil(group.permit.wait_s)
            return f"sleep {wait_s}  # not needed where fence_database has shown that no session is left"
        case K.FENCE_APP:
            return _point(settings, plan, Role.STANDBY)
        case K.FENCE_NETWORK:
            return fences.network(group.place(plan.from_region))
        case K.FENCE_HOSTS:
            return fences.hosts(group.place(plan.from_region))
        case K.OPEN_CHECKOUT:
            return _point(settings, plan, Role.WRITER)
        case K.SWITCH_DNS:
            return f"DOOR=$(balancer_ip {quote(new.load_balancer)})\n" + _each(_dns(store) for store in group.stores)
        case K.PROMOTE:
            name = quote(new.database)
            return (
                f"PARENT=$(database {name} | jq -r '.parent // empty')\n"
                f'[ -z "$PARENT" ] || api -X PUT "$API/v2/databases/$PARENT/replicas/"{name}/promote\n'
                f"until [ -z \"$(database {name} | jq -r '.parent // empty')\" ]; do sleep 2; done; echo promoted"
            )
        case K.GRANT:
            return _grant(settings, plan)
        case K.VERIFY:
            return _each(_verify(store, settings) for store in group.stores)
        case K.CONFIRM_DNS:
            return _each(_dig(store, settings) for store in group.stores)
        case K.REPORT:
            return "echo 'Tell people. Fence the old region as soon as it answers again: fence_app and fence_database.'"
        case _:
            return sql.step(kind, group)


def _each(blocks: Iterable[str]) -> str:
    return "\n".join(blocks)


def _point(settings: Settings, plan: Plan, role: Role) -> str:
    """Each region's app servers read the database of the region that serves them."""
    region = plan.from_region if role is Role.STANDBY else plan.to_region
    place = settings.group.place(region)
    variable = "OLD" if role is Role.STANDBY else "NEW"
    return (
        f'BODY=$(jq -n --argjson e $EPOCH --arg h "$(jq -r .private_connection.host <<<"${variable}")" '
        f'--argjson p "$(jq -r .private_connection.port <<<"${variable}")" \\\n'
        f'  \'{{endpoint: {{epoch: $e, role: "{role}", region: "{region}", host: $h, port: $p}}}}\')\n'
        f'for host in $(hosts {quote(place.app_tag)}); do agent_post "$host" {place.agent_port} /v1/point "$BODY"; done'
    )


def _dns(store: Store) -> str:
    zone, domain = quote(store.zone), quote(store.domain)
    return (
        f'RECORD=$(api "$API/v2/domains/"{zone}"/records?name="{domain}"&type=A" | jq -r \'.domain_records[0].id\')\n'
        f'api -X PUT "$API/v2/domains/"{zone}"/records/$RECORD" '
        f'-d "{{\\"type\\": \\"A\\", \\"data\\": \\"$DOOR\\", \\"ttl\\": {store.ttl_s}}}" | jq -c .domain_record'
    )


def _revoke(settings: Settings, plan: Plan) -> str:
    """First the store of record, then the agents of the region that is to sell: they promise the old one no more."""
    place, key = settings.group.place(plan.to_region), grant_key(settings.group.name)
    statement = (
        "UPDATE record SET value = json_set(value, '$.revoked', json('true')), revision = revision + 1 "
        f"WHERE key = '{key}' RETURNING value;"
    )
    return (
        f"sqlite3 {quote(str(settings.state_file))} {quote(statement)}\n"
        f"for host in $(hosts {quote(place.app_tag)}); do "
        f'agent_post "$host" {place.agent_port} /v1/revoke "{{\\"epoch\\": $((EPOCH - 1))}}"; done'
    )


def _grant(settings: Settings, plan: Plan) -> str:
    value = json.dumps({"epoch": plan.epoch, "holder": plan.to_region})
    key = grant_key(settings.group.name)
    # Without this a controller that starts later would believe in the old writer.
    statement = (
        f"INSERT INTO record (key, value, revision) VALUES ('{key}', '{value}', 1) "
        "ON CONFLICT (key) DO UPDATE SET value = excluded.value, revision = record.revision + 1;"
    )
    return f"sqlite3 {quote(str(settings.state_file))} {quote(statement)}"


def _verify(store: Store, settings: Settings) -> str:
    probe = settings.probe
    scheme = "https" if probe.tls else "http"
    words = ["curl", "-fsS", "--max-time", "10"]
    if probe.ca_file:
        words += ["--cacert", quote(str(probe.ca_file))]
    words += ["--resolve", f'{store.domain}:{probe.port}:"$DOOR"']
    request = store.verify or store.buy
    form = urlencode(request.form).replace("%7Bunique%7D", "runbook-'$RANDOM$RANDOM'")
    if request.method == "POST":
        words += ["--data", f"'{form}'"]
    return " ".join([*words, quote(f"{scheme}://{store.domain}:{probe.port}{request.path}")])


def _dig(store: Store, settings: Settings) -> str:
    server = f"@{settings.dns_servers[0]} -p {settings.dns_port} " if settings.dns_servers else "@ns1.digitalocean.com "
    return f"dig +short {server}{quote(store.domain)} A  # must be what $DOOR holds"
