"""DigitalOcean's own Python clients, unchanged, over TLS: the whole job from an empty account to a promoted replica."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import digitalocean
import pydo
import pytest
from api_serving import HTTP, PATIENCE_S, TOKEN, Serving, serving
from azure.core.exceptions import HttpResponseError

from tidepool.api.faults import Fault

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEaQ1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6A7B8C9D0E ops@example"
CLUSTER = {
    "name": "shop",
    "engine": "mysql",
    "version": "8",
    "num_nodes": 1,
    "size": "db-s-1vcpu-1gb",
    "region": "nyc3",
}
DROPLET = {"region": "nyc3", "size": "s-1vcpu-1gb", "image": "debian-12-x64"}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path) as found:
        yield found


@pytest.fixture
def client(api: Serving) -> pydo.Client:
    return pydo.Client(TOKEN, endpoint=api.url, connection_verify=str(api.ca))


@pytest.fixture
def python_digitalocean(api: Serving, monkeypatch: pytest.MonkeyPatch) -> digitalocean.Manager:
    monkeypatch.setenv("DIGITALOCEAN_END_POINT", f"{api.url}/v2/")
    monkeypatch.setenv("DIGITALOCEAN_ACCESS_TOKEN", TOKEN)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(api.ca))
    return digitalocean.Manager()


def until(ask: Callable[[], Any], good: Callable[[Any], bool]) -> Any:
    """Poll as a customer does. The deadline is only for a test that has failed already."""
    deadline = time.monotonic() + PATIENCE_S
    while not good(answer := ask()):
        assert time.monotonic() < deadline, answer
        time.sleep(0.005)
    return answer


def test_pydo_from_nothing_to_a_promoted_replica(api: Serving, client: pydo.Client) -> None:
    east = client.vpcs.create({"name": "east", "region": "nyc3", "ip_range": "10.10.0.0/16"})["vpc"]
    west = client.vpcs.create({"name": "west", "region": "sfo3", "ip_range": "10.20.0.0/16"})["vpc"]
    peering = client.vpc_peerings.create({"name": "east-west", "vpc_ids": [east["id"], west["id"]]})["vpc_peering"]
    until(lambda: client.vpc_peerings.get(peering["id"])["vpc_peering"]["status"], lambda status: status == "ACTIVE")

    made = client.databases.create_cluster({**CLUSTER, "private_network_uuid": east["id"]})["database"]
    cluster = until(
        lambda: client.databases.get_cluster(made["id"])["database"], lambda database: database["status"] == "online"
    )
    client.databases.add_user(cluster["id"], {"name": "shop"})
    client.databases.add(cluster["id"], {"name": "shop"})
    rules = [{"type": "tag", "value": "shop-nyc3"}]
    assert client.databases.update_firewall_rules(cluster["id"], {"rules": rules}) is None
    assert client.databases.list_firewall_rules(cluster["id"])["rules"][0]["value"] == "shop-nyc3"
    assert "certificate" in client.databases.get_ca(cluster["id"])["ca"]

    replica_body = {"name": "shop-sfo3", "size": "db-s-1vcpu-1gb", "region": "sfo3", "private_network_uuid": west["id"]}
    until(lambda: client.databases.list_backups(cluster["id"])["backups"], bool)
    replica = client.databases.create_replica(cluster["id"], replica_body)["replica"]
    until(
        lambda: client.databases.get_replica(cluster["id"], "shop-sfo3"),
        lambda answer: answer.get("replica", {}).get("status") == "online",
    )
    assert client.databases.promote_replica(cluster["id"], "shop-sfo3") is None
    promoted = until(lambda: client.databases.get_cluster(replica["id"]), lambda answer: "database" in answer)
    assert promoted["database"]["name"] == "shop-sfo3"
    assert client.databases.get_replica(cluster["id"], "shop-sfo3")["id"] == "not_found"
    assert client.databases.promote_replica(cluster["id"], "shop-sfo3")["id"] == "not_found", (
        "pydo's trap: no exception"
    )


def test_pydo_builds_the_front(api: Serving, client: pydo.Client) -> None:
    key = client.ssh_keys.create({"name": "ops", "public_key": KEY})["ssh_key"]
    client.domains.create({"name": "shop.example.com"})
    asked = {"name": "shop", "type": "lets_encrypt", "dns_names": ["shop.example.com"]}
    certificate = client.certificates.create(asked)["certificate"]
    until(lambda: client.certificates.get(certificate["id"])["certificate"]["state"], lambda state: state == "verified")
    https = {"entry_protocol": "https", "entry_port": 443, "target_protocol": "http", "target_port": 80}
    rules = [HTTP, {**https, "certificate_id": certificate["id"]}]
    body = {"name": "lb", "region": "nyc3", "forwarding_rules": rules, "tag": "shop-nyc3"}
    balancer = client.load_balancers.create(body)["load_balancer"]
    until(
        lambda: client.load_balancers.get(balancer["id"])["load_balancer"]["status"], lambda status: status == "active"
    )

    two = {**DROPLET, "names": ["web-1", "web-2"], "ssh_keys": [key["fingerprint"]], "tags": ["shop-nyc3"]}
    ids = [one["id"] for one in client.droplets.create(two)["droplets"]]
    until(lambda: {client.droplets.get(one)["droplet"]["status"] for one in ids}, lambda status: status == {"active"})
    assert len(client.droplets.list(tag_name="shop-nyc3")["droplets"]) == 2
    until(lambda: len(api.backend.backends[balancer["id"]]), lambda count: count == 2)
    action = client.droplet_actions.post(ids[0], {"type": "power_off"})["action"]
    until(lambda: client.actions.get(action["id"])["action"]["status"], lambda status: status == "completed")
    assert client.droplets.get(ids[0])["droplet"]["status"] == "off"

    ip = client.load_balancers.get(balancer["id"])["load_balancer"]["ip"]
    record = client.domains.create_record("shop.example.com", {"type": "A", "name": "@", "data": ip, "ttl": 30})
    number = record["domain_record"]["id"]
    client.domains.update_record("shop.example.com", number, {"type": "A", "data": "198.51.100.10"})
    assert [record["data"] for record in api.backend.zones["shop.example.com"]] == ["198.51.100.10"]


def test_pydo_sees_errors_as_at_digitalocean(client: pydo.Client) -> None:
    cluster = client.databases.create_cluster(CLUSTER)["database"]
    with pytest.raises(HttpResponseError) as taken:
        client.databases.create_cluster(CLUSTER)
    assert taken.value.status_code == 422
    assert client.databases.get_cluster("00000000-0000-4000-8000-000000000000")["message"] == "not found"
    with pytest.raises(HttpResponseError) as refused:
        client.load_balancers.create({"name": "lb", "region": "nyc3", "forwarding_rules": []})
    assert refused.value.status_code == 422
    assert client.databases.destroy_cluster(cluster["id"]) is None


def test_pydo_retries_an_ambiguous_promote_into_a_404(api: Serving, client: pydo.Client) -> None:
    """The answer was lost, pydo asks again by itself, the replica is gone: a 404 that means success."""
    cluster = api.cluster()
    replica = api.replica(cluster["id"])
    api.server.faults.add("f1", Fault("PUT /v2/databases/*/replicas/*/promote", ambiguous=True, times=1))
    answer = client.databases.promote_replica(cluster["id"], "shop-sfo3", retry_backoff_factor=0.05)
    assert answer is None or answer["id"] == "not_found"
    until(lambda: client.databases.get_cluster(replica["id"]), lambda found: "database" in found)
    assert [call for call in api.backend.asked if call[0] == "database_promote"] == [
        ("database_promote", replica["id"])
    ]


def test_python_digitalocean_works_unchanged(api: Serving, python_digitalocean: digitalocean.Manager) -> None:
    manager = python_digitalocean
    assert manager.get_account().status == "active"
    assert {region.slug for region in manager.get_all_regions()} >= {"nyc3", "sfo3"}
    key = digitalocean.SSHKey(name="ops", public_key=KEY)
    key.create()
    droplet = digitalocean.Droplet(
        name="web-1", region="nyc3", image="debian-12-x64", size_slug="s-1vcpu-1gb", ssh_keys=[key], tags=["web"]
    )
    droplet.create()
    until(lambda: droplet.load().status, lambda status: status == "active")
    assert droplet.ip_address == next(n["ip_address"] for n in droplet.networks["v4"] if n["type"] == "public")
    action = droplet.power_off(return_dict=False)
    until(lambda: digitalocean.Action.get_object(manager.token, action.id).status, lambda status: status == "completed")
    domain = digitalocean.Domain(name="shop.example.com", ip_address="192.0.2.10")
    domain.create()
    for number in range(25):
        domain.create_new_domain_record(type="A", name=f"h{number}", data=f"192.0.2.{100 + number}", ttl=60)
    records = domain.get_records()
    assert len(records) == 30, "it follows our links through the pages: SOA, three NS, the apex and 25"
    apex = next(record for record in records if record.type == "A" and record.name == "@")
    apex.data = "198.51.100.10"
    apex.save()
    assert "198.51.100.10" in [record["data"] for record in api.backend.zones["shop.example.com"]]
    droplet.destroy()
    with pytest.raises(digitalocean.NotFoundError):
        manager.get_droplet(droplet.id)
