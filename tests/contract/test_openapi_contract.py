"""Every route that we serve, once with success: it exists at DigitalOcean with that code, and its body fits its schema.

A route that nobody walks here fails the test.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_serving import HTTP, Serving, is_online, serving
from openapi import SPEC, complaints, operations, plain, schema_of

from tidepool.api.authority import Authority
from tidepool.api.routes import ROUTES
from tidepool.api.routing import find

pytestmark = pytest.mark.skipif(
    not SPEC.exists(), reason=f"{SPEC} is not here: the API's description is kept outside this repository"
)

# Said although the specification does not: DigitalOcean's Go client reads these (and the specification says "imgages").
EXTRA = {("connection", "protocol"), ("private_connection", "protocol"), ("$", "storage"), ("resources", "images")}
# Told only while a backup is planned or under way.
SOMETIMES = {"scheduled_backup_time", "backup_progress"}

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEaQ1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6A7B8C9D0E ops@example"


class Walk:
    """Requests that are judged as they come back, and the list of routes that have been walked."""

    def __init__(self, api: Serving) -> None:
        self.api = api
        self.done: set[tuple[str, str]] = set()
        self.wrong: list[str] = []

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        response = self.api.ask(method, path, body)
        route, _ = find(ROUTES, method, path.partition("?")[0])
        label = f"{method} {route.path} {response.status_code}"
        assert response.status_code < 300, f"{label} {response.text}"
        self.done.add((method, route.path))
        try:
            schema = schema_of(method, route.path, response.status_code)
        except KeyError:
            self.wrong.append(f"{label}: no such code in the specification")
            return response.json() if response.content else None
        if schema is None:
            assert not response.content, f"{label} must have no body"
            return None
        if not response.content:
            self.wrong.append(f"{label}: a body was promised") if response.status_code != 200 else None
            return None
        found = response.json()
        self.wrong += [f"{label}: {one}" for one in complaints(schema, found) if not _is_extra(one)]
        self.wrong += [f"{label}: {key!r} is missing" for key in {*schema.get("properties", {})} - {*found} - SOMETIMES]
        return found


def _is_extra(complaint: str) -> bool:
    where, _, what = complaint.partition(": unknown field ")
    return (where.rpartition(".")[2], what.strip("'")) in EXTRA


@pytest.fixture
def walk(tmp_path: Path) -> Iterator[Walk]:
    with serving(tmp_path) as api:
        yield Walk(api)


def test_every_route_as_specified(walk: Walk, tmp_path: Path) -> None:
    _catalogue(walk)
    vpc = _networks(walk)
    droplet = _droplets(walk, vpc)
    _tags(walk, droplet)
    _domains(walk)
    _balancers(walk, tmp_path, droplet)
    cluster = _clusters(walk, vpc)
    _contents(walk, cluster)
    _replicas(walk, cluster)
    walk("DELETE", f"/v2/databases/{cluster}")
    walk("DELETE", f"/v2/droplets/{droplet}")
    walk("DELETE", "/v2/droplets?tag_name=web")
    assert not walk.wrong, "\n".join(walk.wrong)
    unwalked = {(route.method, route.path) for route in ROUTES} - walk.done
    assert not unwalked, "every route that is served must be walked here"


def test_every_route_exists_at_digitalocean() -> None:
    assert not {(r.method, r.path) for r in ROUTES if (r.method, plain(r.path)) not in operations()}


def _catalogue(walk: Walk) -> None:
    for path in ("account", "regions", "sizes", "images", "images/debian-12-x64"):
        walk("GET", f"/v2/{path}")
    key = walk("POST", "/v2/account/keys", {"name": "ops", "public_key": KEY})["ssh_key"]
    walk("GET", "/v2/account/keys")
    walk("GET", f"/v2/account/keys/{key['fingerprint']}")
    walk("PUT", f"/v2/account/keys/{key['id']}", {"name": "ops2"})
    walk("DELETE", f"/v2/account/keys/{key['id']}")


def _networks(walk: Walk) -> str:
    made = [
        walk("POST", "/v2/vpcs", {"name": f"shop-{region}", "region": region, "ip_range": ip_range})["vpc"]["id"]
        for region, ip_range in (("nyc3", "10.10.0.0/16"), ("sfo3", "10.20.0.0/16"), ("lon1", None))
    ]
    walk("GET", "/v2/vpcs")
    walk("GET", f"/v2/vpcs/{made[0]}")
    walk("PUT", f"/v2/vpcs/{made[0]}", {"name": "shop-east", "description": "east"})
    walk("PATCH", f"/v2/vpcs/{made[0]}", {"description": "the east"})
    walk("DELETE", f"/v2/vpcs/{made[2]}")
    peering = walk("POST", "/v2/vpc_peerings", {"name": "p", "vpc_ids": made[:2]})["vpc_peering"]["id"]
    walk("GET", "/v2/vpc_peerings")
    walk("GET", f"/v2/vpc_peerings/{peering}")
    walk("PATCH", f"/v2/vpc_peerings/{peering}", {"name": "q"})
    walk("PATCH", f"/v2/vpcs/{made[0]}/peerings/{peering}", {"name": "r"})
    walk("GET", f"/v2/vpcs/{made[0]}/peerings")
    walk("DELETE", f"/v2/vpc_peerings/{peering}")
    walk.api.until(f"/v2/vpc_peerings/{peering}", lambda r: r.status_code == 404)
    walk("POST", f"/v2/vpcs/{made[0]}/peerings", {"name": "s", "vpc_id": made[1]})
    return str(made[0])


def _droplets(walk: Walk, vpc: str) -> int:
    body = {"region": "nyc3", "size": "s-1vcpu-1gb", "image": "debian-12-x64", "vpc_uuid": vpc, "tags": ["web"]}
    walk("POST", "/v2/droplets", {**body, "names": ["web-2", "web-3"]})
    droplet = walk("POST", "/v2/droplets", {**body, "name": "web-1"})["droplet"]["id"]
    path = f"/v2/droplets/{droplet}"
    walk.api.until(path, lambda r: r.json()["droplet"]["status"] == "active")
    walk("GET", path)
    walk("GET", "/v2/droplets?tag_name=web&per_page=1")
    walk("GET", f"/v2/vpcs/{vpc}/members")
    action = walk("POST", f"{path}/actions", {"type": "power_off"})["action"]["id"]
    walk.api.until(f"/v2/actions/{action}", lambda r: r.json()["action"]["status"] == "completed")
    for found in (f"{path}/actions", f"{path}/actions/{action}", "/v2/actions", f"/v2/actions/{action}", path):
        walk("GET", found)
    walk.api.settle()
    walk("POST", "/v2/droplets/actions?tag_name=web", {"type": "power_cycle"})
    walk.api.settle()
    return int(droplet)


def _tags(walk: Walk, droplet: int) -> None:
    walk("POST", "/v2/tags", {"name": "shop"})
    resources = {"resources": [{"resource_id": str(droplet), "resource_type": "droplet"}]}
    walk("POST", "/v2/tags/shop/resources", resources)
    walk("GET", "/v2/tags/shop")
    walk("GET", "/v2/tags")
    walk("DELETE", "/v2/tags/shop/resources", resources)
    walk("DELETE", "/v2/tags/shop")


def _domains(walk: Walk) -> None:
    walk("POST", "/v2/domains", {"name": "shop.example.com", "ip_address": "192.0.2.10"})
    walk("GET", "/v2/domains")
    walk("GET", "/v2/domains/shop.example.com")
    records = "/v2/domains/shop.example.com/records"
    made = walk("POST", records, {"type": "A", "name": "www", "data": "192.0.2.10", "ttl": 60})["domain_record"]["id"]
    walk("GET", records)
    walk("GET", f"{records}/{made}")
    walk("PUT", f"{records}/{made}", {"type": "A", "data": "198.51.100.10"})
    walk("PATCH", f"{records}/{made}", {"type": "A", "ttl": 30})
    walk("DELETE", f"{records}/{made}")


def _balancers(walk: Walk, folder: Path, droplet: int) -> None:
    asked = {"name": "le", "type": "lets_encrypt", "dns_names": ["shop.example.com"]}
    certificate = walk("POST", "/v2/certificates", asked)["certificate"]["id"]
    issued = Authority.open(folder).issue(["shop.example.com"])
    own = {"name": "own", "type": "custom", "leaf_certificate": issued.chain_pem, "private_key": issued.key_pem}
    walk("POST", "/v2/certificates", own)
    path = f"/v2/certificates/{certificate}"
    walk.api.until(path, lambda r: r.json()["certificate"]["state"] == "verified")
    walk("GET", path)
    walk("GET", "/v2/certificates?name=le")
    https = {"entry_protocol": "https", "entry_port": 443, "target_protocol": "http", "target_port": 80}
    rules = [HTTP, {**https, "certificate_id": certificate}]
    body = {"name": "lb", "region": "nyc3", "forwarding_rules": rules, "droplet_ids": [droplet]}
    balancer = walk("POST", "/v2/load_balancers", body)["load_balancer"]["id"]
    lb = f"/v2/load_balancers/{balancer}"
    walk.api.until(lb, lambda r: r.json()["load_balancer"]["status"] == "active")
    walk("GET", lb)
    walk("GET", "/v2/load_balancers")
    walk("PUT", lb, {**body, "health_check": {"protocol": "http", "port": 80, "path": "/healthz"}})
    for method in ("DELETE", "POST"):
        walk(method, f"{lb}/droplets", {"droplet_ids": [droplet]})
    for method in ("POST", "DELETE"):
        walk(method, f"{lb}/forwarding_rules", {"forwarding_rules": [{**HTTP, "entry_port": 8080}]})
    walk("DELETE", lb)
    walk("DELETE", path)
    walk("DELETE", "/v2/domains/shop.example.com")


def _clusters(walk: Walk, vpc: str) -> str:
    walk("GET", "/v2/databases/options")
    for engine, config in (("pg", {"work_mem": 16}), ("mysql", {"wait_timeout": 60})):
        body = {"name": f"shop-{engine}", "engine": engine, "num_nodes": 1, "size": "db-s-1vcpu-1gb", "region": "nyc3"}
        rules = [{"type": "ip_addr", "value": "203.0.113.130"}]
        made = walk("POST", "/v2/databases", {**body, "private_network_uuid": vpc, "rules": rules})["database"]["id"]
        path = f"/v2/databases/{made}"
        walk.api.until(path, lambda r: r.json()["database"]["status"] == "online")
        walk("GET", path)
        walk("PUT", f"{path}/firewall", {"rules": [{"type": "tag", "value": "web"}]})
        walk("PATCH", f"{path}/config", {"config": config})
        walk("PUT", f"{path}/maintenance", {"day": "monday", "hour": "02:00"})
        walk.api.settle()
        for part in ("firewall", "config", "ca", "events", "backups", "autoscale"):
            walk("GET", f"{path}/{part}")
    walk("PUT", f"{path}/sql_mode", {"sql_mode": "ANSI"})
    walk("GET", f"{path}/sql_mode")
    walk("GET", "/v2/databases")
    return str(made)


def _contents(walk: Walk, cluster: str) -> None:
    path = f"/v2/databases/{cluster}"
    walk("POST", f"{path}/users", {"name": "shop"})
    walk("GET", f"{path}/users")
    walk("GET", f"{path}/users/shop")
    walk("POST", f"{path}/users/shop/reset_auth", {})
    walk("DELETE", f"{path}/users/shop")
    walk("POST", f"{path}/dbs", {"name": "shop"})
    walk("GET", f"{path}/dbs")
    walk("GET", f"{path}/dbs/shop")
    walk("DELETE", f"{path}/dbs/shop")


def _replicas(walk: Walk, cluster: str) -> None:
    path = f"/v2/databases/{cluster}/replicas"
    for name in ("shop-sfo3", "shop-nyc3"):
        walk("POST", path, {"name": name, "size": "db-s-1vcpu-1gb", "region": name[-4:]})
        walk.api.until(f"{path}/{name}", is_online)
    walk("GET", path)
    walk("GET", f"{path}/shop-sfo3")
    walk("DELETE", f"{path}/shop-nyc3")
    walk("PUT", f"{path}/shop-sfo3/promote")
    walk.api.until(f"{path}/shop-sfo3", lambda r: r.status_code == 404)
