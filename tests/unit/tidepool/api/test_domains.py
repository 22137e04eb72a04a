"""Domains and records: DigitalOcean's rules, and what the authority is told to serve."""

import pytest
from api_serving import Serving

RECORDS = "/v2/domains/shop.example.com/records"


@pytest.fixture
def dns(api: Serving) -> Serving:
    api.ok("POST", "/v2/domains", {"name": "shop.example.com"})
    return api


def add(api: Serving, kind: str, name: str, data: str, **more: object) -> dict[str, object]:
    body = {"type": kind, "name": name, "data": data, "ttl": 60, **more}
    return dict(api.ok("POST", RECORDS, body)["domain_record"])


def test_a_domain_has_soa_and_name_servers(dns: Serving) -> None:
    kinds = [record["type"] for record in dns.ok("GET", RECORDS)["domain_records"]]
    assert kinds == ["SOA", "NS", "NS", "NS"]
    assert dns.backend.zones["shop.example.com"] == [], "those are the authority's own affair"
    assert "SOA ns1.digitalocean.com." in dns.ok("GET", "/v2/domains/shop.example.com")["domain"]["zone_file"]
    assert dns.ask("POST", "/v2/domains", {"name": "shop.example.com"}).status_code == 422


def test_final_dot_is_demanded_and_not_returned(dns: Serving) -> None:
    for kind in ("CNAME", "MX", "NS", "SRV", "CAA"):
        body = {"type": kind, "name": f"a{kind.lower()}", "data": "mail.example.com", "ttl": 60}
        refused = dns.ask("POST", RECORDS, body)
        assert (refused.status_code, refused.json()["message"]) == (422, "Data needs to end with a dot (.)"), kind
        made = dns.ok("POST", RECORDS, {**body, "data": "mail.example.com."})["domain_record"]
        assert made["data"] == "mail.example.com"
        again = dns.ask("PUT", f"{RECORDS}/{made['id']}", {"type": kind, "ttl": 90})
        assert again.status_code == 422, "an update without data says the same"


def test_ttl_has_a_floor(dns: Serving) -> None:
    assert dns.ask("POST", RECORDS, {"type": "A", "name": "@", "data": "192.0.2.1", "ttl": 29}).status_code == 422
    assert add(dns, "A", "@", "192.0.2.1", ttl=30)["ttl"] == 30
    assert add(dns, "A", "x", "192.0.2.1", ttl=None)["ttl"] == 1800


def test_one_name_has_one_ttl(dns: Serving) -> None:
    first = add(dns, "A", "@", "192.0.2.1", ttl=60)
    add(dns, "A", "@", "192.0.2.2", ttl=30)
    assert dns.ok("GET", f"{RECORDS}/{first['id']}")["domain_record"]["ttl"] == 30
    assert {record["ttl"] for record in dns.backend.zones["shop.example.com"]} == {30}


def test_the_switch(dns: Serving) -> None:
    """What a failover does: PUT with the zeros that official clients send."""
    record = add(dns, "A", "@", "192.0.2.1", ttl=30)
    zeros = {"priority": 0, "port": 0, "weight": 0, "flags": 0}
    body = {"type": "A", "name": "@", "data": "198.51.100.1", "ttl": 30, **zeros}
    changed = dns.ok("PUT", f"{RECORDS}/{record['id']}", body)["domain_record"]
    assert changed == {**record, "data": "198.51.100.1"}, "and fields that do not apply stay null"
    assert [r["data"] for r in dns.backend.zones["shop.example.com"]] == ["198.51.100.1"]


def test_filters_want_the_full_name(dns: Serving) -> None:
    add(dns, "A", "www", "192.0.2.1")
    add(dns, "TXT", "www", "hello")
    add(dns, "A", "@", "192.0.2.2")
    found = dns.ok("GET", f"{RECORDS}?type=A&name=www.shop.example.com")["domain_records"]
    assert [record["data"] for record in found] == ["192.0.2.1"]
    assert [r["data"] for r in dns.ok("GET", f"{RECORDS}?type=A&name=shop.example.com")["domain_records"]] == [
        "192.0.2.2"
    ]
    assert dns.ask("GET", f"{RECORDS}?name=www").status_code == 422


def test_what_cannot_be(dns: Serving) -> None:
    add(dns, "A", "www", "192.0.2.1")
    for body in (
        {"type": "A", "name": "@", "data": "not an address"},
        {"type": "A", "name": "@", "data": "2001:db8::1"},
        {"type": "AAAA", "name": "@", "data": "192.0.2.1"},
        {"type": "A", "name": "www", "data": "192.0.2.1"},
        {"type": "CNAME", "name": "www", "data": "shop.example.com."},
        {"type": "SOA", "name": "@", "data": "1"},
        {"type": "TXT", "name": "@", "data": ""},
        {"type": "CNAME", "name": "x", "data": "two words."},
        {"type": "A", "name": "two words", "data": "192.0.2.7"},
        {"type": "A", "name": "-x", "data": "192.0.2.7"},
        {"type": "A", "name": "@", "data": "192.0.2.9", "ttl": "soon"},
    ):
        assert dns.ask("POST", RECORDS, body).status_code == 422, body


def test_names_of_all_kinds(dns: Serving) -> None:
    for name in ("*", "*.dev", "_sip._tcp", "a-b.c", "shop.example.com", "WWW.shop.example.com."):
        add(dns, "TXT", name, "any text; at all")
    assert [r["name"] for r in dns.backend.zones["shop.example.com"]] == [
        "*",
        "*.dev",
        "_sip._tcp",
        "a-b.c",
        "@",
        "www",
    ]


def test_soa_has_only_a_ttl(dns: Serving) -> None:
    soa = dns.ok("GET", f"{RECORDS}?type=SOA")["domain_records"][0]
    assert dns.ok("PUT", f"{RECORDS}/{soa['id']}", {"type": "SOA", "data": "9", "ttl": 600})["domain_record"] == {
        **soa,
        "ttl": 600,
    }
    assert dns.ask("DELETE", f"{RECORDS}/{soa['id']}").status_code == 422


def test_deleted_domain_is_served_no_more(dns: Serving) -> None:
    assert dns.ask("DELETE", "/v2/domains/shop.example.com").status_code == 204
    assert dns.backend.zones == {}
    assert dns.ask("GET", RECORDS).status_code == 404
