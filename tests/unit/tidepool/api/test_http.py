"""What every answer has in common: who may ask, errors, request ids, pages, limits."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from api_serving import HTTP, TOKEN, Serving, serving

from tidepool.api.backend import BackendError
from tidepool.api.limits import Limits
from tidepool.api.tokens import Token


@pytest.mark.parametrize("token", [None, "dop_v1_wrong"])
def test_without_a_known_token_nobody_learns_anything(api: Serving, token: str | None) -> None:
    for path in ("/v2/account", "/v2/nonsense"):
        answer = api.ask("GET", path, token=token)
        assert answer.status_code == 401
        body = answer.json()
        assert (body["id"], body["message"]) == ("unauthorized", "Unable to authenticate you")
        assert body["request_id"] == answer.headers["x-request-id"]


def test_errors_carry_id_message_and_request_id(api: Serving) -> None:
    for method, path, body, code, name in (
        ("GET", "/v2/droplets/1", None, 404, "not_found"),
        ("GET", "/v2/nonsense", None, 404, "not_found"),
        ("POST", "/v2/domains", {}, 422, "unprocessable_entity"),
        ("GET", "/v2/droplets?page=zero", None, 400, "bad_request"),
        ("POST", "/v2/account", {}, 405, "method_not_allowed"),
    ):
        answer = api.ask(method, path, body)
        assert (answer.status_code, answer.json()["id"]) == (code, name), path
        assert set(answer.json()) == {"id", "message", "request_id"}


def test_a_body_that_is_no_object_is_a_bad_request(api: Serving) -> None:
    for data in (b"{", b"[1]"):
        headers = {"Authorization": f"Bearer {TOKEN}"}
        assert api.session.post(f"{api.url}/v2/domains", data=data, headers=headers).status_code == 400


def test_a_trailing_slash_is_the_same_route(api: Serving) -> None:
    assert api.ok("GET", "/v2/account/") == api.ok("GET", "/v2/account")
    assert api.ask("GET", "/v2/droplets/?per_page=200").ok


def test_scopes(tmp_path: Path) -> None:
    promoter = Token("dop_v1_promoter", frozenset({"database:read", "database:update"}))
    editor = Token("dop_v1_editor", frozenset({"domain:update"}))
    with serving(tmp_path, tokens=(TOKEN, promoter, editor)) as api:
        refused = api.ask("POST", "/v2/domains", {"name": "shop.example.com"}, token=promoter.secret)
        assert (refused.status_code, refused.json()["id"]) == (403, "forbidden")
        assert api.ask("GET", "/v2/databases", token=promoter.secret).ok
        api.ok("POST", "/v2/domains", {"name": "shop.example.com"})
        record = {"type": "A", "name": "@", "data": "192.0.2.1"}
        path = "/v2/domains/shop.example.com/records"
        assert api.ask("POST", path, record, token=editor.secret).status_code == 201, "create or update, either will do"
        assert api.ask("DELETE", "/v2/domains/shop.example.com", token=editor.secret).status_code == 403


def test_pages_are_linked_absolutely_and_completely(api: Serving) -> None:
    for number in range(5):
        api.ok("POST", "/v2/tags", {"name": f"t{number}"})
    first = api.ok("GET", "/v2/tags?per_page=2")
    assert first["meta"] == {"total": 5}
    assert set(first["links"]["pages"]) == {"next", "last"}
    names, url = [tag["name"] for tag in first["tags"]], first["links"]["pages"]["next"]
    while url:
        assert url.startswith(api.url + "/v2/tags?")
        assert parse_qs(urlparse(url).query)["per_page"] == ["2"]
        page = api.ok("GET", url.removeprefix(api.url))
        names += [tag["name"] for tag in page["tags"]]
        url = page["links"]["pages"].get("next")
    assert names == [f"t{number}" for number in range(5)]
    assert set(page["links"]["pages"]) == {"first", "prev"}
    beyond = api.ok("GET", "/v2/tags?per_page=2&page=9")
    assert beyond["tags"] == []
    assert parse_qs(urlparse(beyond["links"]["pages"]["prev"]).query)["page"] == ["3"]


def test_plain_http_and_a_log_of_requests(tmp_path: Path) -> None:
    """Every client but pydo speaks it; links lead back the way that the client came. No token is ever logged."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    with serving(tmp_path, plain_listeners=[sock], state_dir=tmp_path) as api:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        found = api.session.get(f"{url}/v2/sizes?per_page=2", headers=headers).json()
        assert found["links"]["pages"]["next"].startswith(f"{url}/v2/sizes?")
        log = (tmp_path / "api.log").read_text()
        assert "GET /v2/sizes?per_page=2 200" in log
        assert TOKEN not in log


def test_one_page_has_empty_links(api: Serving) -> None:
    found = api.ok("GET", "/v2/tags")
    assert (found["links"], found["meta"]) == ({}, {"total": 0})


def test_page_size_is_capped_at_200(api: Serving) -> None:
    for number in range(201):
        api.server.account.tags.put(f"t{number}", {"name": f"t{number}"})
    assert len(api.ok("GET", "/v2/tags?per_page=1000")["tags"]) == 200
    assert len(api.ok("GET", "/v2/tags")["tags"]) == 20


def test_burst_is_refused_with_retry_after(tmp_path: Path) -> None:
    at = [1000.0]
    limits = Limits(per_minute=3, per_hour=5, clock=lambda: at[0])
    with serving(tmp_path, limits=limits) as api:
        for remaining in (4, 3, 2):
            answer = api.ask("GET", "/v2/account")
            assert answer.headers["ratelimit-limit"] == "5"
            assert answer.headers["ratelimit-remaining"] == str(remaining)
            assert answer.headers["ratelimit-reset"] == "4600"
        refused = api.ask("GET", "/v2/account")
        assert (refused.status_code, refused.json()["message"]) == (429, "API Rate limit exceeded.")
        assert (refused.headers["ratelimit-remaining"], refused.headers["retry-after"]) == ("0", "61")
        at[0] += 61
        assert api.ask("GET", "/v2/account").ok
        assert api.ask("GET", "/v2/account").ok
        spent = api.ask("GET", "/v2/account")
        assert spent.status_code == 429
        assert "retry-after" not in spent.headers, "the hourly limit does not say when"
        at[0] += 3600
        assert api.ask("GET", "/v2/account").ok


def test_limits_are_per_token(tmp_path: Path) -> None:
    with serving(tmp_path, tokens=(TOKEN, "dop_v1_other"), limits=Limits(per_minute=1, clock=lambda: 0.0)) as api:
        assert api.ask("GET", "/v2/account").ok
        assert api.ask("GET", "/v2/account").status_code == 429
        assert api.ask("GET", "/v2/account", token="dop_v1_other").ok


CREATES = {
    "/v2/account/keys": {"name": "ops", "public_key": "ssh-rsa AAAA"},
    "/v2/vpcs": {"name": "east", "region": "nyc3", "ip_range": "10.10.0.0/16", "description": "d"},
    "/v2/vpc_peerings": {"name": "p", "vpc_ids": ["a", "b"]},
    "/v2/tags": {"name": "t"},
    "/v2/tags/web/resources": {"resources": [{"resource_id": "1", "resource_type": "droplet"}]},
    "/v2/droplets": {
        "name": "w", "region": "nyc3", "size": "s-1vcpu-1gb", "image": "debian-12-x64", "tags": ["web"], "names": ["w"],
        "ssh_keys": [1], "user_data": "x", "vpc_uuid": "v",
    },
    "/v2/load_balancers": {
        "name": "lb", "region": "nyc3", "droplet_ids": [1], "tag": "web", "health_check": {"port": 80, "path": "/"},
        "sticky_sessions": {"type": "none"}, "firewall": {"allow": ["ip:192.0.2.1"]}, "vpc_uuid": "v",
        "forwarding_rules": [
            {"entry_protocol": "http", "entry_port": 80, "target_protocol": "http", "target_port": 80}
        ],
    },
    "/v2/certificates": {"name": "c", "type": "custom", "leaf_certificate": "x", "private_key": "y"},
    "/v2/domains": {"name": "a.example.com", "ip_address": "192.0.2.1"},
    "/v2/domains/shop.example.com/records": {
        "type": "SRV", "name": "a", "data": "b.", "ttl": 60, "priority": 1, "port": 1, "weight": 1,
    },
    "/v2/databases": {
        "name": "other", "engine": "pg", "version": "16", "num_nodes": 1, "size": "db-s-1vcpu-1gb", "region": "nyc3",
        "rules": [{"type": "tag", "value": "web"}], "tags": ["web"], "private_network_uuid": "v",
        "do_settings": {"service_cnames": []}, "storage_size_mib": 61440, "project_id": "p",
    },
    "/v2/databases/ID/replicas": {"name": "r", "region": "sfo3", "size": "db-s-1vcpu-1gb", "tags": ["web"]},
    "/v2/databases/ID/users": {"name": "u", "mysql_settings": {"auth_plugin": "mysql_native_password"}, "settings": {}},
    "/v2/databases/ID/dbs": {"name": "d"},
}  # fmt: skip
ODD: list[Any] = [None, "web\n", 5, -1, 2.5, True, "", "x", "\u0000", [], ["x"], [5], [None], {}, {"x": 5}, [{}], [[]]]


def mutants(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key, value in body.items():
        yield {name: kept for name, kept in body.items() if name != key}
        for odd in ODD:
            yield {**body, key: odd}
        if isinstance(value, dict):
            yield from ({**body, key: inner} for inner in mutants(value))
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield from ({**body, key: [inner]} for inner in mutants(value[0]))


@pytest.mark.parametrize("path", CREATES)
def test_no_body_is_an_error_of_ours(api: Serving, path: str, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever a client sends, the answer is a success or says what is wrong with it; 500 would be a bug."""
    api.ok("POST", "/v2/domains", {"name": "shop.example.com"})
    cluster = api.cluster()
    api.droplet(tags=["web"])
    for body in mutants(CREATES[path]):
        answer = api.ask("POST", path.replace("ID", cluster["id"]), body)
        assert answer.status_code < 500, body
    api.settle()
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_what_fails_behind_the_api_is_a_server_error(api: Serving) -> None:
    balancer = api.balancer()
    for failure in (BackendError("the region is gone"), RuntimeError("a bug")):
        api.backend.failing["balancer_apply"] = failure
        body = {"name": "lb", "forwarding_rules": [HTTP]}
        answer = api.ask("PUT", f"/v2/load_balancers/{balancer['id']}", body)
        assert (answer.status_code, answer.json()["id"]) == (500, "server_error")
