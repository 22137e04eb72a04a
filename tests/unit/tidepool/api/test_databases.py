"""Clusters, replicas and promotion: the states and traps that DigitalOcean's customers meet."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from api_serving import AT_ONCE, Serving, is_online, serving

from tidepool.api.backend import BackendError
from tidepool.api.pace import Pace
from tidepool.api.tokens import Token

REPLICA = {"name": "shop-sfo3", "size": "db-s-1vcpu-1gb", "region": "sfo3"}


def test_cluster_is_creating_until_the_server_runs(api: Serving) -> None:
    api.hold("database_create")
    body = {"name": "shop", "engine": "pg", "num_nodes": 1, "size": "db-s-1vcpu-1gb", "region": "nyc3"}
    made = api.ok("POST", "/v2/databases", body)["database"]
    assert api.ok("GET", f"/v2/databases/{made['id']}")["database"]["status"] == "creating"
    assert made["connection"]["host"] == "shop-do-user-1-0.db.tidepool.test"
    api.let_go("database_create")
    online = api.until(f"/v2/databases/{made['id']}", lambda r: r.json()["database"]["status"] == "online")["database"]
    assert online["private_connection"]["host"] == "private-shop-do-user-1-0.db.tidepool.test"
    assert online["connection"]["password"] == "secret-of-shop"
    assert online["connection"]["port"] == 25060


def test_first_replica_is_412_until_a_backup_exists(api: Serving) -> None:
    cluster = api.cluster()
    database = api.server.account.databases.get(cluster["id"])
    backups, database.backups = database.backups, []
    refused = api.ask("POST", f"/v2/databases/{cluster['id']}/replicas", REPLICA)
    assert refused.status_code == 412
    assert refused.json()["id"] == "precondition_failed"
    database.backups = backups
    assert api.ask("POST", f"/v2/databases/{cluster['id']}/replicas", REPLICA).status_code == 201


def test_replica_is_invisible_until_it_is_ready(api: Serving) -> None:
    cluster = api.cluster()
    path = f"/v2/databases/{cluster['id']}/replicas"
    api.hold("replica_create")
    made = api.ok("POST", path, REPLICA)["replica"]
    assert made["status"] == "creating"
    assert api.ask("GET", f"{path}/shop-sfo3").status_code == 404
    assert api.ok("GET", path) == {"replicas": []}
    assert api.ask("GET", f"/v2/databases/{made['id']}/firewall").status_code == 404
    assert api.ask("PUT", f"{path}/shop-sfo3/promote").status_code == 404
    api.let_go("replica_create")
    assert api.until(f"{path}/shop-sfo3", is_online)["replica"]["id"] == made["id"]
    assert [replica["id"] for replica in api.ok("GET", path)["replicas"]] == [made["id"]]


def test_a_replica_that_is_seen_is_not_yet_ready(tmp_path: Path) -> None:
    """Seen as `forking` first: promoting it then is refused as too early, and firewall rules wait for the server."""
    with serving(tmp_path, pace=AT_ONCE) as api:
        cluster = api.cluster()
        path = f"/v2/databases/{cluster['id']}/replicas"
        api.server.account.pace = Pace(scale=1.0, replica_s=0.0, forking_s=3600.0, promote_delay_s=0.0)
        made = api.ok("POST", path, REPLICA)["replica"]
        assert api.until(f"{path}/shop-sfo3", lambda r: r.ok)["replica"]["status"] == "forking"
        assert api.ask("PUT", f"{path}/shop-sfo3/promote").status_code == 412
        assert (
            api.ask("PATCH", f"/v2/databases/{made['id']}/config", {"config": {"wait_timeout": 9}}).status_code == 412
        )
        rules = {"rules": [{"type": "ip_addr", "value": "203.0.113.130"}]}
        assert api.ask("PUT", f"/v2/databases/{made['id']}/firewall", rules).status_code == 204
        assert made["id"] not in api.backend.trusted


def test_a_replicas_password_is_its_primarys_of_today(api: Serving) -> None:
    """A fence may have reset the admin's password before the way home was built."""
    cluster = api.cluster()
    fresh = api.ok("POST", f"/v2/databases/{cluster['id']}/users/doadmin/reset_auth", {})["user"]["password"]
    assert fresh != cluster["connection"]["password"]
    assert api.replica(cluster["id"])["connection"]["password"] == fresh


def test_a_deleted_clusters_name_is_free_when_its_server_is_gone(api: Serving) -> None:
    """Not listed from the moment of the request; a new replica under the old name has to wait for the old server."""
    cluster = api.cluster()
    replica = api.replica(cluster["id"])
    api.ok("PUT", f"/v2/databases/{cluster['id']}/replicas/shop-sfo3/promote")
    api.until(f"/v2/databases/{replica['id']}/backups", lambda r: r.ok and bool(r.json()["backups"]))
    home = {"name": "shop", "size": "db-s-1vcpu-1gb", "region": "nyc3"}
    path = f"/v2/databases/{replica['id']}/replicas"
    assert api.ask("POST", path, home).json()["message"] == "cluster name is not available"
    api.hold("database_destroy")
    with ThreadPoolExecutor(1) as other:
        deleting = other.submit(api.ask, "DELETE", f"/v2/databases/{cluster['id']}")
        api.until(f"/v2/databases/{cluster['id']}", lambda r: r.status_code == 404)
        assert [one["name"] for one in api.ok("GET", "/v2/databases")["databases"]] == ["shop-sfo3"]
        assert api.ask("POST", path, home).status_code == 422
        api.let_go("database_destroy")
        assert deleting.result().status_code == 204
    assert api.replica(replica["id"], "shop", "nyc3")["region"] == "nyc3"


def test_replica_id_serves_settings_but_is_no_cluster_yet(api: Serving) -> None:
    cluster = api.cluster()
    replica = api.replica(cluster["id"])
    rules = {"rules": [{"type": "ip_addr", "value": "203.0.113.130"}]}
    assert api.ask("PUT", f"/v2/databases/{replica['id']}/firewall", rules).status_code == 204
    assert api.backend.trusted == {cluster["id"]: None, replica["id"]: ["203.0.113.130"]}
    assert api.ask("GET", f"/v2/databases/{replica['id']}").status_code == 404
    assert [one["id"] for one in api.ok("GET", "/v2/databases")["databases"]] == [cluster["id"]]


def test_promotion_is_a_fork_under_the_same_identity(api: Serving) -> None:
    cluster = api.cluster()
    replica = api.replica(cluster["id"])
    path = f"/v2/databases/{cluster['id']}/replicas/shop-sfo3"
    api.hold("database_promote")
    answer = api.ask("PUT", f"{path}/promote")
    assert (answer.status_code, answer.content) == (204, b"")
    assert api.ask("GET", path).ok, "it is a replica until it has really been promoted"
    assert api.ask("PUT", f"{path}/promote").status_code == 204
    api.let_go("database_promote")
    promoted = api.until(f"/v2/databases/{replica['id']}", lambda r: r.ok)["database"]
    assert promoted["name"] == "shop-sfo3"
    assert promoted["connection"] == replica["connection"]
    assert promoted["connection"]["password"] == cluster["connection"]["password"]
    assert promoted["num_nodes"] == 1
    assert api.ask("GET", path).status_code == 404
    assert api.ok("GET", f"/v2/databases/{cluster['id']}")["database"] == cluster, "the old primary is left as it was"
    assert [call for call in api.backend.asked if call[0] == "database_promote"] == [
        ("database_promote", replica["id"])
    ]


def test_after_promotion_users_part(api: Serving) -> None:
    cluster = api.cluster()
    api.ok("POST", f"/v2/databases/{cluster['id']}/users", {"name": "shop"})
    replica = api.replica(cluster["id"])
    api.ok("PUT", f"/v2/databases/{cluster['id']}/replicas/shop-sfo3/promote")
    api.until(f"/v2/databases/{replica['id']}", lambda r: r.ok)
    before = api.ok("GET", f"/v2/databases/{replica['id']}/users/shop")["user"]["password"]
    api.ok("POST", f"/v2/databases/{cluster['id']}/users/shop/reset_auth", {})
    assert api.ok("GET", f"/v2/databases/{replica['id']}/users/shop")["user"]["password"] == before
    assert api.ok("GET", f"/v2/databases/{cluster['id']}/users/shop")["user"]["password"] != before


def test_a_promoted_replica_keeps_its_name(api: Serving) -> None:
    """Why Terraform's next apply fails: the name belongs to the cluster that it became."""
    cluster = api.cluster()
    replica = api.replica(cluster["id"])
    api.ok("PUT", f"/v2/databases/{cluster['id']}/replicas/shop-sfo3/promote")
    api.until(f"/v2/databases/{replica['id']}", lambda r: r.ok)
    refused = api.ask("POST", f"/v2/databases/{cluster['id']}/replicas", REPLICA)
    assert (refused.status_code, refused.json()["message"]) == (422, "cluster name is not available")


def test_promotion_that_fails_leaves_a_replica(api: Serving) -> None:
    """204 promised nothing: the controller has to look."""
    cluster = api.cluster()
    replica = api.replica(cluster["id"])
    api.backend.failing["database_promote"] = BackendError("the replica does not answer")
    path = f"/v2/databases/{cluster['id']}/replicas/shop-sfo3"
    api.ok("PUT", f"{path}/promote")
    api.settle()
    api.backend.failing.clear()
    assert api.ask("GET", path).ok
    api.ok("PUT", f"{path}/promote")
    api.until(f"/v2/databases/{replica['id']}", lambda r: r.ok)


def test_trusted_sources_follow_tags_and_droplets(api: Serving) -> None:
    cluster = api.cluster()
    path = f"/v2/databases/{cluster['id']}/firewall"
    api.ok("PUT", path, {"rules": [{"type": "tag", "value": "web"}, {"type": "ip_addr", "value": "10.20.0.0/16"}]})
    assert api.backend.trusted[cluster["id"]] == ["10.20.0.0/16"], "a tag that nobody carries lets nobody in"
    droplet = api.droplet(tags=["web"])
    addresses = {net["ip_address"] for net in droplet["networks"]["v4"]}
    assert set(api.backend.trusted[cluster["id"]] or []) == {*addresses, "10.20.0.0/16"}
    api.ok("DELETE", f"/v2/droplets/{droplet['id']}")
    assert api.backend.trusted[cluster["id"]] == ["10.20.0.0/16"]
    api.ok("PUT", path, {"rules": []})
    assert api.backend.trusted[cluster["id"]] is None, "an empty list opens it to the world"


def test_rules_given_at_creation_hold_from_the_start(api: Serving) -> None:
    cluster = api.cluster(rules=[{"type": "ip_addr", "value": "203.0.113.130"}])
    assert api.backend.trusted[cluster["id"]] == ["203.0.113.130"]
    refused = api.ask("PUT", f"/v2/databases/{cluster['id']}/firewall", {"rules": [{"type": "host", "value": "x"}]})
    assert refused.status_code == 422
    assert api.backend.trusted[cluster["id"]] == ["203.0.113.130"]


def test_a_replica_that_cannot_be_made_leaves_its_name(api: Serving) -> None:
    cluster = api.cluster()
    api.backend.failing["replica_create"] = BackendError("the primary does not answer")
    api.ok("POST", f"/v2/databases/{cluster['id']}/replicas", REPLICA)
    api.settle()
    api.backend.failing.clear()
    assert api.replica(cluster["id"])["name"] == "shop-sfo3"


@pytest.mark.parametrize("value", ["::1", "everybody", "10.0.0.0/33", "192.0.2.1 }"])
def test_trusted_sources_are_addresses(api: Serving, value: str) -> None:
    cluster = api.cluster()
    rules = {"rules": [{"type": "ip_addr", "value": value}]}
    assert api.ask("PUT", f"/v2/databases/{cluster['id']}/firewall", rules).status_code == 422


def test_only_what_can_be_set_at_digitalocean_can_be_set(api: Serving) -> None:
    path = f"/v2/databases/{api.cluster()['id']}/config"
    assert api.ask("PATCH", path, {"config": {"wait_timeout": 60}}).status_code == 200
    assert api.ask("PATCH", path, {"config": {"read_only": True}}).status_code == 422
    assert api.ok("GET", path) == {"config": {"wait_timeout": 60}}


def test_names_are_checked(api: Serving) -> None:
    api.cluster()
    body = {"engine": "pg", "num_nodes": 1, "size": "db-s-1vcpu-1gb", "region": "nyc3"}
    for name in ("shop", "shop_two", "2shop", "x", "newline\n"):
        assert api.ask("POST", "/v2/databases", {**body, "name": name}).status_code == 422, name


def test_unknown_sub_route_is_plain_text(api: Serving) -> None:
    cluster = api.cluster()
    answer = api.ask("GET", f"/v2/databases/{cluster['id']}/replicas/shop-sfo3/firewall")
    assert (answer.status_code, answer.text) == (404, "404 page not found")
    assert answer.headers["content-type"].startswith("text/plain")
    missing = api.ask("GET", "/v2/databases/00000000-0000-4000-8000-000000000000")
    assert (missing.status_code, missing.json()["message"]) == (404, "not found")


def test_databases_are_not_paginated(api: Serving) -> None:
    for number in range(3):
        api.cluster(f"shop-{number}")
    found = api.ok("GET", "/v2/databases?page=2&per_page=1")
    assert set(found) == {"databases"}
    assert len(found["databases"]) == 3


def test_credentials_need_their_own_scope(tmp_path: Path) -> None:
    reader = Token("dop_v1_reader", frozenset({"database:read"}))
    with serving(tmp_path, tokens=("dop_v1_everything", reader)) as api:
        cluster = api.cluster()
        api.replica(cluster["id"])
        seen = api.ask("GET", f"/v2/databases/{cluster['id']}", token=reader.secret).json()["database"]
        replica = api.ask("GET", f"/v2/databases/{cluster['id']}/replicas/shop-sfo3", token=reader.secret)
        assert replica.json()["replica"]["connection"]["password"] == ""
        assert cluster["connection"]["password"] not in str(seen)
        assert seen["connection"]["host"] == cluster["connection"]["host"]


def test_deleting_while_it_is_made_leaves_nothing(api: Serving) -> None:
    api.hold("database_create")
    body = {"name": "shop", "engine": "pg", "num_nodes": 1, "size": "db-s-1vcpu-1gb", "region": "nyc3"}
    made = api.ok("POST", "/v2/databases", body)["database"]
    assert api.ask("DELETE", f"/v2/databases/{made['id']}").status_code == 204
    assert ("database_destroy", made["id"]) not in api.backend.asked
    api.let_go("database_create")
    api.settle()
    assert ("database_destroy", made["id"]) in api.backend.asked
    assert api.ask("GET", f"/v2/databases/{made['id']}").status_code == 404
