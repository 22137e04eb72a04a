"""Load balancers and the certificates they carry."""

from pathlib import Path

from api_serving import HTTP, Serving

from tidepool.api.authority import Authority
from tidepool.api.backend import BackendError

HTTPS = {"entry_protocol": "https", "entry_port": 443, "target_protocol": "http", "target_port": 80}


def private(droplet: dict[str, object]) -> str:
    networks = droplet["networks"]
    assert isinstance(networks, dict)
    return next(str(net["ip_address"]) for net in networks["v4"] if net["type"] == "private")


def test_new_without_address_then_active(api: Serving) -> None:
    api.hold("balancer_apply")
    made = api.ok("POST", "/v2/load_balancers", {"name": "lb", "region": "nyc3", "forwarding_rules": [HTTP]})
    balancer = made["load_balancer"]
    assert (balancer["status"], balancer["ip"]) == ("new", "")
    assert balancer["health_check"] == {
        "protocol": "http", "port": 80, "path": "/", "check_interval_seconds": 10, "response_timeout_seconds": 5,
        "unhealthy_threshold": 5, "healthy_threshold": 3,
    }  # fmt: skip
    api.let_go("balancer_apply")
    path = f"/v2/load_balancers/{balancer['id']}"
    assert api.until(path, lambda r: r.json()["load_balancer"]["status"] == "active")["load_balancer"]["ip"]


def test_one_that_cannot_be_made_is_errored(api: Serving) -> None:
    api.backend.failing["balancer_apply"] = BackendError("no room")
    made = api.ok("POST", "/v2/load_balancers", {"name": "lb", "region": "nyc3", "forwarding_rules": [HTTP]})
    path = f"/v2/load_balancers/{made['load_balancer']['id']}"
    api.until(path, lambda r: r.json()["load_balancer"]["status"] == "errored")


def test_backends_follow_the_tag_within_the_region(api: Serving) -> None:
    balancer = api.balancer(tag="web")
    droplet = api.droplet("web-1", tags=["web"])
    api.droplet("web-2", region="sfo3", tags=["web"])
    assert api.backend.backends[balancer["id"]] == [private(droplet)]
    other = api.droplet("web-3")
    resource = {"resources": [{"resource_id": str(other["id"]), "resource_type": "droplet"}]}
    api.ok("POST", "/v2/tags/web/resources", resource)
    assert api.backend.backends[balancer["id"]] == [private(droplet), private(other)]
    assert api.ok("GET", f"/v2/load_balancers/{balancer['id']}")["load_balancer"]["droplet_ids"] == [
        droplet["id"],
        other["id"],
    ]
    api.ok("DELETE", "/v2/tags/web/resources", resource)
    api.ok("DELETE", f"/v2/droplets/{droplet['id']}")
    assert api.backend.backends[balancer["id"]] == []


def test_a_part_of_the_world_that_is_down_does_not_fail_the_tagging(api: Serving) -> None:
    api.balancer(tag="web")
    api.backend.failing["balancer_apply"] = BackendError("the region is gone")
    droplet = api.droplet()
    resource = {"resources": [{"resource_id": str(droplet["id"]), "resource_type": "droplet"}]}
    assert api.ask("POST", "/v2/tags", {"name": "web"}).status_code == 201
    assert api.ask("POST", "/v2/tags/web/resources", resource).status_code == 204


def test_put_replaces_everything(api: Serving) -> None:
    droplet = api.droplet()
    check = {"protocol": "http", "port": 80, "path": "/healthz", "check_interval_seconds": 3}
    balancer = api.balancer(droplet_ids=[droplet["id"]], health_check=check, redirect_http_to_https=True)
    assert balancer["redirect_http_to_https"] is True
    path = f"/v2/load_balancers/{balancer['id']}"
    body = {"name": "lb", "region": "nyc3", "forwarding_rules": [HTTP]}
    replaced = api.ok("PUT", path, body)["load_balancer"]
    assert (replaced["redirect_http_to_https"], replaced["droplet_ids"]) == (False, [])
    assert replaced["health_check"]["path"] == "/"
    assert replaced["ip"] == balancer["ip"]
    assert api.backend.backends[balancer["id"]] == []


def test_droplets_and_rules_one_by_one(api: Serving) -> None:
    droplet = api.droplet()
    balancer = api.balancer()
    path = f"/v2/load_balancers/{balancer['id']}"
    api.ok("POST", f"{path}/droplets", {"droplet_ids": [droplet["id"]]})
    assert api.backend.backends[balancer["id"]] == [private(droplet)]
    api.ok("DELETE", f"{path}/droplets", {"droplet_ids": [droplet["id"]]})
    assert api.backend.backends[balancer["id"]] == []
    rule = {**HTTP, "entry_port": 8080}
    api.ok("POST", f"{path}/forwarding_rules", {"forwarding_rules": [rule]})
    assert [r["entry_port"] for r in api.ok("GET", path)["load_balancer"]["forwarding_rules"]] == [80, 8080]
    api.ok("DELETE", f"{path}/forwarding_rules", {"forwarding_rules": [rule]})
    assert [r["entry_port"] for r in api.ok("GET", path)["load_balancer"]["forwarding_rules"]] == [80]
    assert api.ask("DELETE", f"{path}/forwarding_rules", {"forwarding_rules": [HTTP]}).status_code == 422


def test_what_cannot_be(api: Serving) -> None:
    far = api.droplet("far", region="sfo3")
    body = {"name": "lb", "region": "nyc3", "forwarding_rules": [HTTP]}
    for change in (
        {"forwarding_rules": []},
        {"forwarding_rules": [HTTP, HTTP]},
        {"forwarding_rules": [{**HTTPS, "certificate_id": "none"}]},
        {"droplet_ids": [far["id"]]},
        {"droplet_ids": [far["id"]], "tag": "web"},
        {"health_check": {"check_interval_seconds": 1}},
        {"type": "GLOBAL"},
    ):
        assert api.ask("POST", "/v2/load_balancers", {**body, **change}).status_code == 422, change
    balancer = api.balancer(tag="web")
    refused = api.ask("POST", f"/v2/load_balancers/{balancer['id']}/droplets", {"droplet_ids": [far["id"]]})
    assert refused.status_code == 422


def test_certificate_in_use_cannot_be_deleted(api: Serving) -> None:
    api.ok("POST", "/v2/domains", {"name": "shop.example.com"})
    asked = {"name": "shop", "type": "lets_encrypt", "dns_names": ["shop.example.com", "www.shop.example.com"]}
    made = api.ok("POST", "/v2/certificates", asked)["certificate"]
    path = f"/v2/certificates/{made['id']}"
    certificate = api.until(path, lambda r: r.json()["certificate"]["state"] == "verified")["certificate"]
    assert certificate["dns_names"] == asked["dns_names"]
    balancer = api.balancer(forwarding_rules=[{**HTTPS, "certificate_id": made["id"]}])
    refused = api.ask("DELETE", path)
    assert refused.status_code == 403
    assert "Make sure the certificate is not in use before deleting it" in refused.json()["message"]
    api.ok("DELETE", f"/v2/load_balancers/{balancer['id']}")
    assert api.ask("DELETE", path).status_code == 204


def test_certificates_are_checked(api: Serving, tmp_path: Path) -> None:
    authority = Authority.open(tmp_path)
    one, two = authority.issue(["a.example.com"]), authority.issue(["b.example.com"])
    body = {"name": "own", "type": "custom", "leaf_certificate": one.chain_pem, "private_key": two.key_pem}
    refused = api.ask("POST", "/v2/certificates", body)
    assert (refused.status_code, refused.json()["message"]) == (422, "The private key does not match the certificate")
    made = api.ok("POST", "/v2/certificates", {**body, "private_key": one.key_pem})["certificate"]
    assert (made["state"], made["dns_names"]) == ("verified", ["a.example.com"])
    assert api.ask("POST", "/v2/certificates", {**body, "private_key": one.key_pem}).status_code == 422
    foreign = {"name": "le", "type": "lets_encrypt", "dns_names": ["elsewhere.example.org"]}
    assert api.ask("POST", "/v2/certificates", foreign).status_code == 422
