"""pydo's traps, sprung: hidden retries, a 404 that looks like success, lost answers, secrets in errors."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from api_serving import TOKEN, Serving

from farshore.adapters.digitalocean.account import Account
from farshore.adapters.digitalocean.authority import Authority
from farshore.adapters.digitalocean.cloud import DigitalOceanCloud
from farshore.adapters.digitalocean.dns import DigitalOceanDns
from farshore.model.failure import Failure, Refused, RetryLater, Unknown, Unreachable
from farshore.ports.cloud import DatabaseServer
from farshore.ports.dns import RecordSet
from tidepool.api.faults import Fault

PROMOTE = "PUT /v2/databases/*/replicas/*/promote"
WANTED = RecordSet("shop.example.com", "A", frozenset({"198.51.100.10"}), 30)


@pytest.fixture
def account(api: Serving) -> Iterator[Account]:
    made = Account(TOKEN, api.url, str(api.ca), timeout_s=2.0)
    yield made
    made.close()


@pytest.fixture
def replica(api: Serving, account: Account) -> DatabaseServer:
    cluster = api.cluster("shop")
    api.replica(cluster["id"], "shop-sfo3")
    found = asyncio.run(DigitalOceanCloud(account).database("shop-sfo3"))
    assert found is not None
    return found


def _promotions(api: Serving) -> int:
    api.settle()
    return sum(name == "database_promote" for name, _ in api.backend.asked)


def _failure(work: Callable[[], Any]) -> Failure:
    with pytest.raises(Failure) as raised:
        asyncio.run(work())
    assert TOKEN not in str(raised.value)
    assert TOKEN not in repr(raised.value.__cause__)
    return raised.value


@pytest.mark.parametrize("status", [500, 503])
def test_a_promote_that_failed_is_unknown_and_was_sent_once(
    api: Serving, account: Account, replica: DatabaseServer, status: int
) -> None:
    """One use of the fault is left: a hidden retry would spend it."""
    api.server.faults.add("f", Fault(PROMOTE, status=status, times=2))
    assert isinstance(_failure(lambda: DigitalOceanCloud(account).promote(replica)), Unknown)
    assert api.server.faults.list()["f"].times == 1
    assert _promotions(api) == 0


def test_a_promote_whose_answer_was_lost_is_unknown_and_reading_back_tells(
    api: Serving, account: Account, replica: DatabaseServer
) -> None:
    cloud = DigitalOceanCloud(account)
    api.server.faults.add("f", Fault(PROMOTE, ambiguous=True, times=1))
    assert isinstance(_failure(lambda: cloud.promote(replica)), Unknown)
    api.settle()
    found = asyncio.run(cloud.database("shop-sfo3"))
    assert found is not None
    assert found.replica_of is None
    asyncio.run(cloud.promote(replica))
    assert _promotions(api) == 1


def test_a_promote_that_hangs_is_bounded(api: Serving, account: Account, replica: DatabaseServer) -> None:
    quick = Account(TOKEN, api.url, str(api.ca), timeout_s=0.3)
    api.server.faults.add("f", Fault(PROMOTE, timeout=True))
    assert isinstance(_failure(lambda: DigitalOceanCloud(quick).promote(replica)), Unknown)
    quick.close()


def test_the_404_of_a_replica_that_never_was_is_no_success(account: Account, replica: DatabaseServer) -> None:
    """pydo returns a dict here, as for a success that has a body."""
    ghost = replace(replica, name="ghost", id="00000000-0000-4000-8000-000000000000")
    assert isinstance(_failure(lambda: DigitalOceanCloud(account).promote(ghost)), Refused)


@pytest.mark.parametrize(("status", "kind"), [(429, RetryLater), (500, RetryLater), (503, RetryLater)])
def test_a_read_that_failed_may_be_tried_later(
    api: Serving, account: Account, status: int, kind: type[Failure]
) -> None:
    api.server.faults.add("f", Fault("GET /v2/databases", status=status, times=2))
    assert type(_failure(lambda: DigitalOceanCloud(account).database("shop"))) is kind
    assert api.server.faults.list()["f"].times == 1, "a hidden retry took the second"


def test_a_bad_token_is_refused_and_not_shown(api: Serving) -> None:
    account = Account("dop_v1_wrong_secret", api.url, str(api.ca))
    failure = _failure(DigitalOceanCloud(account).check_token)
    assert isinstance(failure, Refused)
    assert "dop_v1_wrong_secret" not in str(failure)
    account.close()


def test_an_api_that_is_not_there_is_unreachable(api: Serving) -> None:
    account = Account(TOKEN, "https://127.0.0.1:1", str(api.ca))
    assert isinstance(_failure(DigitalOceanCloud(account).check_token), Unreachable)
    account.close()
    untrusted = Account(TOKEN, api.url)
    assert isinstance(_failure(DigitalOceanCloud(untrusted).check_token), Unreachable)
    untrusted.close()


def test_all_pages_of_a_list_are_read(api: Serving, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("farshore.adapters.digitalocean.account._PAGE", 2)
    for number in range(5):
        api.droplet(f"web-{number}", tags=["shop"])
    found = asyncio.run(DigitalOceanCloud(account).hosts("shop"))
    assert sorted(host.name for host in found) == [f"web-{number}" for number in range(5)]


def _dns(account: Account) -> DigitalOceanDns:
    return DigitalOceanDns(account, ["example.com"], Authority(["127.0.0.1#1"]))


def _requests(api: Serving, method: str) -> int:
    """Counted by faults that do nothing but be spent."""
    return 1000 - (api.server.faults.list()[method].times or 0)


@pytest.fixture
def zone(api: Serving) -> Serving:
    api.ok("POST", "/v2/domains", {"name": "example.com"})
    api.ok("POST", "/v2/domains/example.com/records", {"type": "A", "name": "shop", "data": "192.0.2.10", "ttl": 30})
    for method, below in (("POST", ""), ("PUT", "/*"), ("DELETE", "/*")):
        fault = Fault(f"{method} /v2/domains/example.com/records{below}", delay_s=0.001, times=1000)
        api.server.faults.add(method, fault)
    return api


def test_one_address_for_another_is_one_change_in_place(zone: Serving, account: Account) -> None:
    asyncio.run(_dns(account).replace(WANTED))
    assert [_requests(zone, method) for method in ("POST", "PUT", "DELETE")] == [0, 1, 0]


def test_nothing_is_written_when_it_is_so_already(zone: Serving, account: Account) -> None:
    for _ in range(2):
        asyncio.run(_dns(account).replace(WANTED))
    assert [_requests(zone, method) for method in ("POST", "PUT", "DELETE")] == [0, 1, 0]


def test_a_record_removed_by_hand_meanwhile_still_ends_as_wanted(
    zone: Serving, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between our look and our change somebody deletes the record: the 404 must not pass for success."""
    dns = _dns(account)
    look = dns._records
    hands = iter([True])

    async def look_and_delete(*args: str) -> Any:
        found = await look(*args)
        if next(hands, False):
            zone.ok("DELETE", f"/v2/domains/example.com/records/{found[0]['id']}")
        return found

    monkeypatch.setattr(dns, "_records", look_and_delete)
    asyncio.run(dns.replace(WANTED))
    monkeypatch.undo()
    assert asyncio.run(dns.stored("shop.example.com", "A")) == WANTED


def test_a_lost_answer_to_a_change_is_unknown_and_safe_to_repeat(zone: Serving, account: Account) -> None:
    zone.server.faults.remove("PUT")
    zone.server.faults.add("f", Fault("PUT /v2/domains/example.com/records/*", ambiguous=True, times=1))
    assert isinstance(_failure(lambda: _dns(account).replace(WANTED)), Unknown)
    asyncio.run(_dns(account).replace(WANTED))
    assert asyncio.run(_dns(account).stored("shop.example.com", "A")) == WANTED


def test_what_the_provider_would_refuse_is_refused_before_asking(zone: Serving, account: Account) -> None:
    assert "below 30" in str(_failure(lambda: _dns(account).replace(replace(WANTED, ttl_s=5))))
    assert "in none of the zones" in str(_failure(lambda: _dns(account).stored("shop.example.org", "A")))
    assert isinstance(_failure(lambda: _dns(account).served("shop.example.com", "A")), Unreachable)
