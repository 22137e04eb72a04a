"""The map: who is where, and which link carries which traffic."""

from tidepool.lab.places import LINKS, PLACES, PRIVATE, forward_rules, routes_of


def test_prefixes_do_not_overlap() -> None:
    """An address belongs to one place."""
    networks = [n for place in PLACES.values() for n in (place.public, place.vpc) if n is not None]
    assert [(a, b) for a in networks for b in networks if a is not b and a.overlaps(b)] == []
    assert all(place.vpc.subnet_of(PRIVATE) for place in PLACES.values() if place.vpc)
    assert all(place.router in place.public for place in PLACES.values())


def test_public_by_public_private_by_peering_the_rest_by_uplink() -> None:
    """Source routing follows from destinations, since hosts choose the address of the interface they leave by."""
    assert dict(routes_of("nyc3")) == {"10.20.0.0/16": "peering", "198.51.100.0/24": "public", "default": "uplink"}
    assert dict(routes_of("sfo3")) == {"10.10.0.0/16": "peering", "192.0.2.0/24": "public", "default": "uplink"}
    assert dict(routes_of("lon1")) == {"default": "uplink"}
    assert dict(routes_of("internet")) == {
        "192.0.2.0/24": "to-nyc3",
        "198.51.100.0/24": "to-sfo3",
        "203.0.113.128/25": "to-lon1",
    }


def test_devices_have_names_the_kernel_takes() -> None:
    """At most 15 characters, and unique within a router."""
    ends = [(link.a, link.device_a) for link in LINKS.values()] + [(link.b, link.device_b) for link in LINKS.values()]
    assert len(set(ends)) == len(ends)
    assert all(len(device) <= 15 for _, device in ends)


def test_only_regions_guard_a_private_side() -> None:
    assert "vpc0" in forward_rules("nyc3")
    assert forward_rules("lon1") == ""
