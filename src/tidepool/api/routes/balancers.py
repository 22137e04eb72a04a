"""/v2/load_balancers: regional ones. PUT replaces all: what is omitted goes back to its default."""

import asyncio
from typing import Any

from tidepool.api import catalogue
from tidepool.api.account import Account, fresh_id, now
from tidepool.api.backend import BackendError, Json
from tidepool.api.errors import unprocessable
from tidepool.api.follow import apply_balancer, chosen_droplets
from tidepool.api.paging import page
from tidepool.api.routes.vpcs import place
from tidepool.api.routing import Answer, Call, Table

table = Table()
CHECK: Json = {
    "protocol": "http", "port": 80, "path": "/", "check_interval_seconds": 10, "response_timeout_seconds": 5,
    "unhealthy_threshold": 5, "healthy_threshold": 3,
}  # fmt: skip
RANGES = {
    "check_interval_seconds": (3, 300), "response_timeout_seconds": (3, 300), "unhealthy_threshold": (2, 10),
    "healthy_threshold": (2, 10),
}  # fmt: skip
DEFAULTS: Json = {
    "size_unit": 1, "algorithm": "round_robin", "redirect_http_to_https": False, "enable_proxy_protocol": False,
    "enable_backend_keepalive": False, "http_idle_timeout_seconds": 60, "project_id": "", "network": "EXTERNAL",
    "disable_lets_encrypt_dns_records": False, "network_stack": "IPV4", "type": "REGIONAL",
    "tls_cipher_policy": "DEFAULT",
}  # fmt: skip
PROTOCOLS = {"http", "https", "http2", "http3", "tcp", "udp"}
DROPLETS_MAX = 10


def _rules(account: Account, wanted: Any) -> list[Json]:
    rules: list[Json] = []
    for rule in wanted or []:
        new = {key: rule.get(key) for key in ("entry_protocol", "entry_port", "target_protocol", "target_port")}
        if not {new["entry_protocol"], new["target_protocol"]} <= PROTOCOLS or not (
            new["entry_port"] and new["target_port"]
        ):
            raise unprocessable("forwarding rule needs entry and target protocol and port")
        new |= {
            "certificate_id": rule.get("certificate_id") or "",
            "tls_passthrough": bool(rule.get("tls_passthrough")),
        }
        if new["entry_protocol"] in ("https", "http2") and not new["tls_passthrough"]:
            _check_certificate(account, new["certificate_id"])
        rules.append(new)
    if not rules:
        raise unprocessable("Load Balancer must have at least one forwarding rule")
    if len({(rule["entry_protocol"] == "udp", rule["entry_port"]) for rule in rules}) != len(rules):
        raise unprocessable("Forwarding rules must have unique entry ports")
    return rules


def _check_certificate(account: Account, certificate_id: str) -> None:
    if certificate_id not in account.certificates:
        raise unprocessable(f"certificate {certificate_id!r} of the forwarding rule does not exist")
    if account.certificates.get(certificate_id).json["state"] != "verified":
        raise unprocessable(f"certificate {certificate_id!r} of the forwarding rule is not verified yet")


def _health_check(wanted: Json | None) -> Json:
    check = {**CHECK, **{key: value for key, value in (wanted or {}).items() if value not in (None, "", 0)}}
    for key, (low, high) in RANGES.items():
        if not low <= check[key] <= high:
            raise unprocessable(f"health check {key} must be between {low} and {high}")
    if check["protocol"] == "tcp":
        check["path"] = ""
    return check


def _settings(call: Call, region: str) -> Json:
    """Everything of a balancer that a request decides."""
    body = call.body
    if body.get("type") not in (None, "", "REGIONAL"):
        raise unprocessable(f"type {body['type']} is not offered by this lab; only REGIONAL is")
    ids, tag = [int(one) for one in body.get("droplet_ids") or []], body.get("tag") or ""
    if ids and tag:
        raise unprocessable("droplet_ids and tag cannot be used together")
    if len(ids) > DROPLETS_MAX:
        raise unprocessable(f"No more than {DROPLETS_MAX} Droplets can be added by id; use a tag")
    _check_droplets(call.account, ids, region)
    kept = {key: body[key] if body.get(key) not in (None, "") else default for key, default in DEFAULTS.items()}
    return {
        **kept, "name": str(call.need("name")), "tag": tag, "droplet_ids": ids,
        "forwarding_rules": _rules(call.account, body.get("forwarding_rules")),
        "health_check": _health_check(body.get("health_check")),
        "sticky_sessions": {"type": "none", **(body.get("sticky_sessions") or {})},
        "firewall": {"allow": [], "deny": [], **(body.get("firewall") or {})},
    }  # fmt: skip


def _check_droplets(account: Account, ids: list[int], region: str) -> None:
    for one in ids:
        if one not in account.droplets or account.droplets.get(one)["region"]["slug"] != region:
            raise unprocessable(f"Droplet {one} does not exist in the load balancer's region")


def _json(account: Account, balancer: Json) -> Json:
    """With a tag, the droplets shown are those that carry it now."""
    return {**balancer, "droplet_ids": [droplet["id"] for droplet in chosen_droplets(account, balancer)]}


async def _bring_up(account: Account, balancer: Json) -> None:
    try:
        ip = await account.at_least(account.pace.balancer_s, apply_balancer(account, balancer))
    except BackendError:
        balancer["status"] = "errored"
        raise
    if balancer["id"] not in account.balancers:
        await account.backend.balancer_destroy(balancer["id"])
        return
    balancer.update(status="active", ip=ip)
    await apply_balancer(account, balancer)  # droplets may have come meanwhile


@table.on("GET", "/v2/load_balancers", "load_balancer:read")
async def list_all(call: Call) -> Answer:
    found = [_json(call.account, balancer) for balancer in call.account.balancers]
    return page(call, "/v2/load_balancers", "load_balancers", found)


@table.on("POST", "/v2/load_balancers", "load_balancer:create")
async def create(call: Call) -> Answer:
    account = call.account
    region = catalogue.region(call.need("region"))
    settings = _settings(call, region["slug"])
    if account.balancers.first(lambda b: bool(b["name"] == settings["name"])):
        raise unprocessable("Load Balancer name must be unique")
    balancer = {
        "id": fresh_id(), "ip": "", "ipv6": "", "status": "new", "created_at": now(), "region": region, **settings,
        "vpc_uuid": place(account, call.body.get("vpc_uuid"), region["slug"]),
    }  # fmt: skip
    account.balancers.put(balancer["id"], balancer)
    account.spawn(_bring_up(account, balancer))
    return Answer(202, {"load_balancer": _json(account, balancer)})


@table.on("GET", "/v2/load_balancers/{balancer_id}", "load_balancer:read")
async def get(call: Call) -> Answer:
    balancer = call.account.balancers.get(call.params["balancer_id"])
    return Answer(200, {"load_balancer": _json(call.account, balancer)})


@table.on("PUT", "/v2/load_balancers/{balancer_id}", "load_balancer:update")
async def replace(call: Call) -> Answer:
    balancer = call.account.balancers.get(call.params["balancer_id"])
    balancer.update(_settings(call, balancer["region"]["slug"]))
    await _reapply(call.account, balancer)
    return Answer(200, {"load_balancer": _json(call.account, balancer)})


@table.on("DELETE", "/v2/load_balancers/{balancer_id}", "load_balancer:delete")
async def delete(call: Call) -> Answer:
    balancer = call.account.balancers.get(call.params["balancer_id"])
    call.account.balancers.drop(balancer["id"])
    if balancer["status"] != "new":  # one that is still being made is destroyed by its maker
        await call.account.backend.balancer_destroy(balancer["id"])
    return Answer(204)


@table.on("POST", "/v2/load_balancers/{balancer_id}/droplets", "load_balancer:update")
async def add_droplets(call: Call) -> Answer:
    balancer, ids = _named_droplets(call)
    _check_droplets(call.account, ids, balancer["region"]["slug"])
    balancer["droplet_ids"] = list(dict.fromkeys([*balancer["droplet_ids"], *ids]))
    await _reapply(call.account, balancer)
    return Answer(204)


@table.on("DELETE", "/v2/load_balancers/{balancer_id}/droplets", "load_balancer:update")
async def remove_droplets(call: Call) -> Answer:
    balancer, ids = _named_droplets(call)
    balancer["droplet_ids"] = [one for one in balancer["droplet_ids"] if one not in ids]
    await _reapply(call.account, balancer)
    return Answer(204)


@table.on("POST", "/v2/load_balancers/{balancer_id}/forwarding_rules", "load_balancer:update")
async def add_rules(call: Call) -> Answer:
    balancer = call.account.balancers.get(call.params["balancer_id"])
    added = call.need("forwarding_rules")
    balancer["forwarding_rules"] = _rules(call.account, [*balancer["forwarding_rules"], *added])
    await _reapply(call.account, balancer)
    return Answer(204)


@table.on("DELETE", "/v2/load_balancers/{balancer_id}/forwarding_rules", "load_balancer:update")
async def remove_rules(call: Call) -> Answer:
    balancer = call.account.balancers.get(call.params["balancer_id"])
    gone = {(rule.get("entry_protocol"), rule.get("entry_port")) for rule in call.need("forwarding_rules")}
    kept = [rule for rule in balancer["forwarding_rules"] if (rule["entry_protocol"], rule["entry_port"]) not in gone]
    balancer["forwarding_rules"] = _rules(call.account, kept)
    await _reapply(call.account, balancer)
    return Answer(204)


def _named_droplets(call: Call) -> tuple[Json, list[int]]:
    balancer = call.account.balancers.get(call.params["balancer_id"])
    if balancer["tag"]:
        raise unprocessable("Droplets cannot be added or removed by id while the load balancer uses a tag")
    return balancer, [int(one) for one in call.need("droplet_ids")]


async def _reapply(account: Account, balancer: Json) -> None:
    if balancer["status"] != "new":  # a new one is made from its object as it will be then
        await asyncio.shield(apply_balancer(account, balancer))
