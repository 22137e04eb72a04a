"""Droplets, their actions, and what follows their tags."""

import pytest
from api_serving import Serving

from tidepool.api.backend import BackendError

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEaQ1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6A7B8C9D0E ops@example"
BODY = {"name": "web-1", "region": "nyc3", "size": "s-1vcpu-1gb", "image": "debian-12-x64"}


def test_new_and_locked_until_it_boots(api: Serving) -> None:
    api.hold("droplet_create")
    made = api.ok("POST", "/v2/droplets", BODY)
    droplet = made["droplet"]
    assert (droplet["status"], droplet["locked"], droplet["networks"]["v4"]) == ("new", True, [])
    link = made["links"]["actions"][0]
    assert link["rel"] == "create"
    assert api.ok("GET", link["href"].removeprefix(api.url))["action"]["status"] == "in-progress"
    api.let_go("droplet_create")
    path = f"/v2/droplets/{droplet['id']}"
    active = api.until(path, lambda r: r.json()["droplet"]["status"] == "active")["droplet"]
    assert active["locked"] is False
    assert {net["type"] for net in active["networks"]["v4"]} == {"public", "private"}
    assert api.ok("GET", link["href"].removeprefix(api.url))["action"]["completed_at"]


def test_one_that_cannot_be_made_is_an_errored_action(api: Serving) -> None:
    api.backend.failing["droplet_create"] = BackendError("no room")
    made = api.ok("POST", "/v2/droplets", BODY)
    path = made["links"]["actions"][0]["href"].removeprefix(api.url)
    api.until(path, lambda r: r.json()["action"]["status"] == "errored")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"size": "huge"}, "invalid size"),
        ({"image": "dos"}, "invalid image"),
        ({"region": "mars1"}, "mars1"),
        ({"ssh_keys": [77]}, "77"),
        ({"name": "a_b"}, "hostname"),
        ({"user_data": "x" * 65537}, "too long"),
        ({"vpc_uuid": "00000000-0000-4000-8000-000000000000"}, "VPC"),
        ({"names": [f"w{n}" for n in range(11)]}, "10"),
    ],
)
def test_bad_requests_make_nothing(api: Serving, change: dict[str, object], word: str) -> None:
    refused = api.ask("POST", "/v2/droplets", {**BODY, **change})
    assert refused.status_code == 422
    assert word in refused.json()["message"]
    assert api.ok("GET", "/v2/droplets")["droplets"] == []


def test_keys_by_id_and_fingerprint(api: Serving) -> None:
    key = api.ok("POST", "/v2/account/keys", {"name": "ops", "public_key": KEY})["ssh_key"]
    assert len(key["fingerprint"].split(":")) == 16
    for name in (key["id"], key["fingerprint"]):
        assert api.ask("POST", "/v2/droplets", {**BODY, "ssh_keys": [name]}).status_code == 202
    assert api.ask("POST", "/v2/account/keys", {"name": "again", "public_key": KEY}).status_code == 422
    assert api.ask("POST", "/v2/account/keys", {"name": "bad", "public_key": "ssh-ed25519 !"}).status_code == 422


def test_one_action_at_a_time(api: Serving) -> None:
    droplet = api.droplet()
    path = f"/v2/droplets/{droplet['id']}"
    api.hold("droplet_power")
    action = api.ok("POST", f"{path}/actions", {"type": "power_off"})["action"]
    refused = api.ask("POST", f"{path}/actions", {"type": "reboot"})
    assert (refused.status_code, refused.json()["message"]) == (422, "Droplet already has a pending event.")
    api.let_go("droplet_power")
    api.until(f"/v2/actions/{action['id']}", lambda r: r.json()["action"]["status"] == "completed")
    assert api.ok("GET", path)["droplet"]["status"] == "off"
    again = api.ask("POST", f"{path}/actions", {"type": "power_off"})
    assert "Droplet is already powered off" in again.json()["message"]


def test_resize_needs_power_off(api: Serving) -> None:
    path = f"/v2/droplets/{api.droplet()['id']}"
    resize = {"type": "resize", "size": "s-2vcpu-4gb"}
    assert api.ask("POST", f"{path}/actions", resize).status_code == 422
    api.ok("POST", f"{path}/actions", {"type": "shutdown"})
    api.settle()
    api.ok("POST", f"{path}/actions", resize)
    api.settle()
    resized = api.ok("GET", path)["droplet"]
    assert (resized["size_slug"], resized["memory"], resized["disk"]) == ("s-2vcpu-4gb", 4096, 25)
    assert ("droplet_power", (resized["id"], False, False)) in api.backend.asked


def test_lists_by_tag_and_deletes_by_tag(api: Serving) -> None:
    api.droplet("web-1", tags=["web"])
    api.droplet("job-1", tags=["job"])
    assert [d["name"] for d in api.ok("GET", "/v2/droplets?tag_name=web")["droplets"]] == ["web-1"]
    assert api.ok("GET", "/v2/tags/web")["tag"]["resources"]["droplets"]["count"] == 1
    assert api.ask("DELETE", "/v2/droplets").status_code == 400
    api.ok("DELETE", "/v2/droplets?tag_name=web")
    assert [d["name"] for d in api.ok("GET", "/v2/droplets")["droplets"]] == ["job-1"]


def test_destroyed_while_booting_is_destroyed_in_the_world(api: Serving) -> None:
    api.hold("droplet_create")
    droplet = api.ok("POST", "/v2/droplets", BODY)["droplet"]
    api.ok("DELETE", f"/v2/droplets/{droplet['id']}")
    api.let_go("droplet_create")
    api.settle()
    assert ("droplet_destroy", droplet["id"]) in api.backend.asked
