"""DigitalOcean's records as zone files: names, targets without their final dot, long texts, our own SOA and NS."""

import pytest

from tidepool.lab.zone_text import zone_text


def lines_of(record: dict[str, object], domain: str = "example.com") -> list[str]:
    return zone_text(domain, [record], 7).splitlines()[3:]


@pytest.mark.parametrize(
    ("record", "line"),
    [
        ({"type": "A", "name": "@", "data": "192.0.2.1", "ttl": 30}, "example.com. 30 A 192.0.2.1"),
        ({"type": "A", "name": "shop", "data": "192.0.2.1"}, "shop.example.com. 1800 A 192.0.2.1"),
        ({"type": "A", "name": "*.shop", "data": "192.0.2.1"}, "*.shop.example.com. 1800 A 192.0.2.1"),
        ({"type": "CNAME", "name": "www", "data": "@"}, "www.example.com. 1800 CNAME example.com."),
        ({"type": "CNAME", "name": "www", "data": "a.b.test"}, "www.example.com. 1800 CNAME a.b.test."),
        ({"type": "CNAME", "name": "www", "data": "a.b.test."}, "www.example.com. 1800 CNAME a.b.test."),
        ({"type": "MX", "name": "@", "data": "mx.test", "priority": 10}, "example.com. 1800 MX 10 mx.test."),
        (
            {"type": "SRV", "name": "_sip._tcp", "data": "s.test", "priority": 1, "weight": 2, "port": 3},
            "_sip._tcp.example.com. 1800 SRV 1 2 3 s.test.",
        ),
        ({"type": "TXT", "name": "@", "data": 'say "hi"'}, 'example.com. 1800 TXT "say \\"hi\\""'),
        ({"type": "TXT", "name": "@", "data": "é"}, 'example.com. 1800 TXT "\\195\\169"'),
        (
            {"type": "CAA", "name": "@", "data": "ca.test", "flags": 0, "tag": "issue"},
            'example.com. 1800 CAA 0 issue "ca.test"',
        ),
    ],
)
def test_records(record: dict[str, object], line: str) -> None:
    """Each kind of record as the authority wants it."""
    assert lines_of(record) == [line]


def test_a_long_text_is_several_strings() -> None:
    """One string of a TXT record holds at most 255 bytes."""
    line = lines_of({"type": "TXT", "name": "@", "data": "x" * 300})[0]
    assert line.split(" TXT ")[1] == f'"{"x" * 255}" "{"x" * 45}"'


def test_soa_and_ns_of_the_zone_are_ours() -> None:
    """Whatever the account's records say; a delegation below the apex stays."""
    soa = {"type": "SOA", "name": "@", "data": "1800"}
    own = {"type": "NS", "name": "@", "data": "ns1.digitalocean.com"}
    assert lines_of(soa) == lines_of(own) == []
    assert lines_of({"type": "NS", "name": "sub", "data": "ns.other.test"}) == [
        "sub.example.com. 1800 NS ns.other.test."
    ]
    assert zone_text(".", [], 7).startswith("$ORIGIN .\n@ 2 SOA ns1.tidepool.test. ")
    assert " 7 3600 " in zone_text(".", [], 7)
