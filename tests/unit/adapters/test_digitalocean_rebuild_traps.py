"""Rebuild, trusted sources and power behind pydo: lost answers, missing scopes, what the provider says "not now" to."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from api_serving import TOKEN, Serving, serving

from farshore.adapters.digitalocean.account import Account
from farshore.adapters.digitalocean.cloud import DigitalOceanCloud
from farshore.model.failure import Refused, RetryLater, Unknown
from farshore.model.region import RegionName
from farshore.ports.cloud import NOBODY, DatabaseServer, Host, Power, Source
from tidepool.api.faults import Fault
from tidepool.api.limits import Limits
from tidepool.api.tokens import Token

REPLICAS = "POST /v2/databases/*/replicas"
NYC3, SFO3 = RegionName("nyc3"), RegionName("sfo3")
READS = ("account:read", "regions:read", "database:read", "database:view_credentials", "domain:read", "droplet:read")
Ask = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture
def ask() -> Iterator[Ask]:
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def account(api: Serving) -> Iterator[Account]:
    made = Account(TOKEN, api.url, str(api.ca), timeout_s=2.0)
    yield made
    made.close()


@pytest.fixture
def cloud(api: Serving, account: Account) -> DigitalOceanCloud:
    api.cluster("shop")
    return DigitalOceanCloud(account)


def _shop(ask: Ask, cloud: DigitalOceanCloud) -> DatabaseServer:
    found = ask(cloud.database("shop"))
    assert found is not None
    return found


def _made(api: Serving) -> int:
    api.settle()
    return sum(name == "replica_create" for name, _ in api.backend.asked)


def test_a_replica_whose_answer_was_lost_is_unknown_and_made_once(
    api: Serving, cloud: DigitalOceanCloud, ask: Ask
) -> None:
    shop = _shop(ask, cloud)
    api.hold("replica_create")
    api.server.faults.add("f", Fault(REPLICAS, ambiguous=True, times=1))
    with pytest.raises(Unknown):
        ask(cloud.create_replica(shop, "shop-sfo3", SFO3))
    with pytest.raises(RetryLater, match="is taken"):
        ask(cloud.create_replica(shop, "shop-sfo3", SFO3))
    api.let_go("replica_create")
    assert _made(api) == 1
    ask(cloud.create_replica(shop, "shop-sfo3", SFO3))
    assert _made(api) == 1


def test_a_replica_that_failed_was_sent_once(api: Serving, cloud: DigitalOceanCloud, ask: Ask) -> None:
    """One use of the fault is left: a hidden retry would spend it."""
    shop = _shop(ask, cloud)
    api.server.faults.add("f", Fault(REPLICAS, status=503, times=2))
    with pytest.raises(Unknown):
        ask(cloud.create_replica(shop, "shop-sfo3", SFO3))
    assert api.server.faults.list()["f"].times == 1
    assert _made(api) == 0


@pytest.mark.parametrize("status", ["creating", "forking", "resizing"])
def test_a_replica_that_can_be_seen_and_is_not_ready_is_told_in_words(
    api: Serving, cloud: DigitalOceanCloud, ask: Ask, status: str
) -> None:
    shop = _shop(ask, cloud)
    replica = api.replica(shop.id, "shop-sfo3")
    api.server.account.databases.get(replica["id"]).json["status"] = status
    with pytest.raises(RetryLater, match=status):
        ask(cloud.create_replica(shop, "shop-sfo3", SFO3))


def test_a_primary_without_a_backup_is_not_ready(api: Serving, cloud: DigitalOceanCloud, ask: Ask) -> None:
    shop = _shop(ask, cloud)
    api.server.account.databases.get(shop.id).backups.clear()
    with pytest.raises(RetryLater, match="backup"):
        ask(cloud.create_replica(shop, "shop-sfo3", SFO3))


def test_the_replica_is_as_large_as_its_primary_and_in_the_network_that_was_asked_for(
    api: Serving, cloud: DigitalOceanCloud, ask: Ask
) -> None:
    api.ok("POST", "/v2/vpcs", {"name": "shop-sfo3", "region": "sfo3", "ip_range": "10.77.0.0/16"})
    vpcs = api.ok("GET", "/v2/vpcs")["vpcs"]
    network = next(vpc["id"] for vpc in vpcs if vpc["name"] == "shop-sfo3")
    shop = _shop(ask, cloud)
    ask(cloud.create_replica(shop, "shop-sfo3", SFO3, network=network))
    api.settle()
    made = ask(cloud.database("shop-sfo3"))
    assert (made.size, made.storage_mib, made.network) == (shop.size, shop.storage_mib, network)
    assert shop.size
    assert shop.storage_mib


def test_a_name_stays_taken_until_the_deleted_server_is_gone(api: Serving, cloud: DigitalOceanCloud, ask: Ask) -> None:
    shop = _shop(ask, cloud)
    other = api.cluster("shop-sfo3")
    api.hold("database_destroy")
    with pytest.raises(Unknown):  # the provider takes longer than we wait
        ask(cloud.delete_database("shop-sfo3", expected_id=other["id"]))
    assert ask(cloud.database("shop-sfo3")) is None
    with pytest.raises(RetryLater, match="is being deleted"):
        ask(cloud.create_replica(shop, "shop-sfo3", SFO3))
    api.let_go("database_destroy")
    api.settle()
    ask(cloud.delete_database("shop-sfo3", expected_id=other["id"]))
    ask(cloud.create_replica(shop, "shop-sfo3", SFO3))
    assert _made(api) == 1


def test_a_database_under_another_name_is_not_gone(api: Serving, cloud: DigitalOceanCloud, ask: Ask) -> None:
    shop = _shop(ask, cloud)
    with pytest.raises(Refused, match="is called shop"):
        ask(cloud.delete_database("shop-nyc3", expected_id=shop.id))
    assert _shop(ask, cloud).id == shop.id


def test_sources_are_sent_whole_and_never_empty(api: Serving, cloud: DigitalOceanCloud, ask: Ask) -> None:
    shop = _shop(ask, cloud)
    app = Source("tag", "shop-nyc3", "app servers")
    ask(cloud.replace_sources(shop, [app, NOBODY]))
    assert api.backend.trusted[shop.id] == ["192.0.2.0"], "the tag has no droplet, and nobody else is let in"
    api.server.faults.add("f", Fault("PUT /v2/databases/*/firewall", delay_s=0.001, times=5))
    with pytest.raises(Refused, match="whole world"):
        ask(cloud.replace_sources(shop, ()))
    ask(cloud.replace_sources(shop, [NOBODY, app]))
    assert api.server.faults.list()["f"].times == 5, "nothing was sent: refused, or so already"
    with pytest.raises(Refused, match="100"):
        ask(cloud.replace_sources(shop, [Source("ip_addr", f"10.0.{i // 250}.{i % 250}") for i in range(101)]))


def test_sources_whose_answer_was_lost_are_unknown_and_read_back(
    api: Serving, cloud: DigitalOceanCloud, ask: Ask
) -> None:
    shop = _shop(ask, cloud)
    api.server.faults.add("f", Fault("PUT /v2/databases/*/firewall", ambiguous=True, times=1))
    with pytest.raises(Unknown):
        ask(cloud.replace_sources(shop, [NOBODY]))
    assert [rule.value for rule in ask(cloud.sources(shop))] == [NOBODY.value]
    ask(cloud.replace_sources(shop, [NOBODY]))


def test_a_plug_that_was_pulled_without_an_answer_is_unknown_and_read_back(
    api: Serving, cloud: DigitalOceanCloud, ask: Ask
) -> None:
    api.droplet("web-1", tags=["shop-nyc3"])
    (host,) = ask(cloud.hosts("shop-nyc3"))
    api.server.faults.add("f", Fault("POST /v2/droplets/*/actions", ambiguous=True, times=1))
    with pytest.raises(Unknown):
        ask(cloud.power_off(host))
    api.settle()
    assert ask(cloud.powered(host)) is Power.OFF
    ask(cloud.power_off(host))
    assert sum(name == "droplet_power" for name, _ in api.backend.asked) == 1


def test_accepted_is_not_off(api: Serving, cloud: DigitalOceanCloud, ask: Ask) -> None:
    api.droplet("web-1", tags=["shop-nyc3"])
    (host,) = ask(cloud.hosts("shop-nyc3"))
    api.hold("droplet_power")
    ask(cloud.power_off(host))
    assert ask(cloud.powered(host)) is Power.CHANGING
    api.let_go("droplet_power")
    api.settle()
    assert ask(cloud.powered(host)) is Power.OFF


def test_an_action_that_the_provider_failed_at_leaves_it_on(api: Serving, cloud: DigitalOceanCloud, ask: Ask) -> None:
    from tidepool.api.backend import BackendError

    api.droplet("web-1", tags=["shop-nyc3"])
    (host,) = ask(cloud.hosts("shop-nyc3"))
    api.backend.failing["droplet_power"] = BackendError("the hypervisor does not answer")
    ask(cloud.power_off(host))
    api.settle()
    assert ask(cloud.powered(host)) is Power.ON
    del api.backend.failing["droplet_power"]
    ask(cloud.power_off(host))
    api.settle()
    assert ask(cloud.powered(host)) is Power.OFF


@pytest.mark.parametrize(
    ("scope", "call"),
    [
        ("database:create", lambda cloud, shop, host: cloud.create_replica(shop, "shop-sfo3", SFO3)),
        ("database:delete", lambda cloud, shop, host: cloud.delete_database("shop", expected_id=shop.id)),
        ("database:update", lambda cloud, shop, host: cloud.replace_sources(shop, [NOBODY])),
        ("droplet:update", lambda cloud, shop, host: cloud.power_off(host)),
    ],
)
def test_a_missing_scope_is_named(tmp_path: Path, ask: Ask, scope: str, call: Any) -> None:
    tokens = (TOKEN, Token("dop_v1_reads", frozenset(READS)))
    with serving(tmp_path / "api", tokens=tokens, limits=Limits(10**6, 10**6)) as api:
        api.cluster("shop")
        api.droplet("web-1")
        account = Account("dop_v1_reads", api.url, str(api.ca))
        cloud = DigitalOceanCloud(account)
        droplet = api.ok("GET", "/v2/droplets")["droplets"][0]
        host = Host(droplet["id"], "web-1", NYC3, "active", "", "", ())
        with pytest.raises(Refused) as raised:
            ask(call(cloud, _shop(ask, cloud), host))
        assert scope in raised.value.hint
        account.close()
