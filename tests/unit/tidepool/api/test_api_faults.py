"""Faults of the API: where they strike, how often, and what was done when the answer was lost."""

import pytest
import requests
from api_serving import Serving

from tidepool.api.faults import Fault, Faults, parse

PROMOTE = "PUT /v2/databases/*/replicas/*/promote"


@pytest.mark.parametrize(
    ("route", "method", "path", "struck"),
    [
        (PROMOTE, "PUT", "/v2/databases/a/replicas/b/promote", True),
        (PROMOTE, "GET", "/v2/databases/a/replicas/b/promote", False),
        (PROMOTE, "PUT", "/v2/databases/a/replicas/b", False),
        ("/v2/domains/*", "GET", "/v2/domains/shop.example.com", True),
        ("/v2/domains/*", "POST", "/v2/domains/shop.example.com/records", True),
        ("/v2/domains/*", "GET", "/v2/domains", False),
        ("/v2/*", "GET", "/v2/account", True),
        ("* /v2/account", "GET", "/v2/account", True),
        ("/v2/domains", "GET", "/v2/domains/shop.example.com", False),
    ],
)
def test_patterns(route: str, method: str, path: str, struck: bool) -> None:
    assert Fault(route, status=500).matches(method, path) is struck


def test_a_status_is_answered_before_anything_was_done(api: Serving) -> None:
    for status in (500, 503, 429):
        api.server.faults.add("f1", Fault("POST /v2/tags", status=status, times=1))
        answer = api.ask("POST", "/v2/tags", {"name": f"t{status}"})
        assert answer.status_code == status
        assert ("retry-after" in answer.headers) is (status == 429)
        assert api.ok("GET", "/v2/tags")["tags"] == []
    assert api.server.faults.list() == {}


def test_an_ambiguous_answer_is_lost_after_the_deed(api: Serving) -> None:
    api.server.faults.add("f1", Fault("POST /v2/tags", ambiguous=True, times=1))
    with pytest.raises(requests.ConnectionError):
        api.ask("POST", "/v2/tags", {"name": "t"})
    assert [tag["name"] for tag in api.ok("GET", "/v2/tags")["tags"]] == ["t"]


def test_an_ambiguous_failure_is_told_as_it_is(api: Serving) -> None:
    """Nothing was done, so there is nothing to be ambiguous about."""
    api.server.faults.add("f1", Fault("POST /v2/tags", ambiguous=True))
    assert api.ask("POST", "/v2/tags", {}).status_code == 422


def test_a_timeout_never_answers_and_does_nothing(api: Serving) -> None:
    api.server.faults.add("f1", Fault("POST /v2/tags", timeout=True, times=1))
    with pytest.raises(requests.exceptions.ReadTimeout):
        api.ask("POST", "/v2/tags", {"name": "t"}, timeout=0.2)
    assert api.ok("GET", "/v2/tags")["tags"] == []


def test_a_delay_only_delays(api: Serving) -> None:
    api.server.faults.add("f1", Fault("POST /v2/tags", delay_s=0.01))
    assert api.ok("POST", "/v2/tags", {"name": "t"})["tag"]["name"] == "t"
    assert "f1" in api.server.faults.list()
    api.server.faults.remove("f1")
    assert api.server.faults.list() == {}


def test_times_are_counted() -> None:
    faults = Faults()
    faults.add("f1", Fault("/v2/tags", status=500, times=2))
    assert [bool(faults.take("GET", "/v2/tags")) for _ in range(3)] == [True, True, False]


def test_words_of_the_command_line() -> None:
    assert parse(PROMOTE, {"ambiguous": "true", "times": "1"}) == Fault(PROMOTE, ambiguous=True, times=1)
    assert parse("/v2/domains/*", {"delay": "2.0"}) == Fault("/v2/domains/*", delay_s=2.0)
    for route, options, word in (
        ("/v2/*", {"status": "404"}, "500 or 503"),
        ("/v2/*", {"times": "1"}, "needs one of"),
        ("/v2/*", {"colour": "red"}, "colour"),
        ("promote", {"status": "500"}, "must be a path"),
        ("/v2/*", {"delay": "soon"}, "delay"),
        ("/v2/*", {"status": "500", "times": "0"}, "times"),
    ):
        with pytest.raises(ValueError, match=word):
            parse(route, options)


def test_what_lands_late_was_answered_long_ago(api: Serving) -> None:
    """The promotion was taken, and comes later; removing the fault does not call it back."""
    cluster = api.cluster()
    replica = api.replica(cluster["id"])
    path = f"/v2/databases/{cluster['id']}/replicas/shop-sfo3"
    api.server.faults.add("f1", Fault(PROMOTE, late_s=0.3, times=1))
    assert api.ask("PUT", f"{path}/promote").status_code == 204
    assert ("database_promote", replica["id"]) not in api.backend.asked
    assert api.ask("GET", path).ok
    api.server.faults.remove("f1")
    api.until(f"/v2/databases/{replica['id']}", lambda r: r.ok)
    assert ("database_promote", replica["id"]) in api.backend.asked


@pytest.mark.parametrize("ambiguous", [False, True])
def test_late_without_an_answer(api: Serving, ambiguous: bool) -> None:
    """What would be answered with a body nobody knows yet is not answered; nor is what is ambiguous as well."""
    api.server.faults.add("f1", Fault("/v2/tags", late_s=0.05, times=1, ambiguous=ambiguous))
    with pytest.raises(requests.ConnectionError):
        api.ask("POST", "/v2/tags", {"name": "t"})
    api.until("/v2/tags", lambda r: bool(r.json()["tags"]))


def test_what_lands_late_and_is_refused_harms_nobody(api: Serving) -> None:
    api.server.faults.add("f1", Fault("DELETE /v2/tags/*", late_s=0.01, times=1))
    assert api.ask("DELETE", "/v2/tags/nobody").status_code == 204
    api.settle()
    assert api.ask("DELETE", "/v2/tags/nobody").status_code == 404
