"""The map: places, their prefixes and the links between them (docs/architecture.md, "Tidepool's topology")."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network


@dataclass(frozen=True, slots=True)
class Place:
    name: str
    public: IPv4Network
    router: IPv4Address
    vpc: IPv4Network | None = None  # only regions have one
    resolver: IPv4Address | None = None  # None: the router's own address

    @property
    def vpc_router(self) -> IPv4Address | None:
        return None if self.vpc is None else self.vpc.network_address + 1

    @property
    def dns(self) -> str:
        return str(self.resolver or self.router)


@dataclass(frozen=True, slots=True)
class Link:
    """`a` and `b` are places; `out` of a link is from a to b. Devices in the routers are named for people who look."""

    name: str
    a: str
    b: str
    device_a: str
    device_b: str
    rtt_ms: float


PLACES = {
    place.name: place
    for place in (
        Place("nyc3", IPv4Network("192.0.2.0/24"), IPv4Address("192.0.2.1"), IPv4Network("10.10.0.0/16")),
        Place("sfo3", IPv4Network("198.51.100.0/24"), IPv4Address("198.51.100.1"), IPv4Network("10.20.0.0/16")),
        Place("lon1", IPv4Network("203.0.113.128/25"), IPv4Address("203.0.113.129")),
        Place(
            "internet", IPv4Network("203.0.113.0/25"), IPv4Address("203.0.113.1"), resolver=IPv4Address("203.0.113.54")
        ),
    )
}
REGIONS = tuple(place.name for place in PLACES.values() if place.vpc is not None)
LINKS = {
    link.name: link
    for link in (
        Link("peering", "nyc3", "sfo3", "peering", "peering", 65.0),
        Link("public", "nyc3", "sfo3", "public", "public", 65.0),
        Link("uplink-nyc3", "nyc3", "internet", "uplink", "to-nyc3", 20.0),
        Link("uplink-sfo3", "sfo3", "internet", "uplink", "to-sfo3", 20.0),
        Link("uplink-lon1", "lon1", "internet", "uplink", "to-lon1", 20.0),
    )
}
API_ADDRESS = "203.0.113.10"
DNS_ADDRESS = "203.0.113.53"
RESOLVER_ADDRESS = "203.0.113.54"
SHOPPERS_ADDRESS = "203.0.113.64"
CONTROLLER_ADDRESS = "203.0.113.130"
# Everything private in every region; a host's private interface is the way to all of it.
PRIVATE = IPv4Network("10.0.0.0/8")


def links_of(place: str) -> list[Link]:
    return [link for link in LINKS.values() if place in (link.a, link.b)]


def routes_of(place: str) -> list[tuple[str, str]]:
    """(destination, device) pairs: public to public by `public`, VPC to VPC by `peering`, the rest by uplink."""
    routes: list[tuple[str, str]] = []
    for link in links_of(place):
        device = link.device_a if link.a == place else link.device_b
        other = PLACES[link.b if link.a == place else link.a]
        if link.name == "peering":
            routes.append((str(other.vpc), device))
        elif device == "uplink":
            routes.append(("default", device))
        else:
            routes.append((str(other.public), device))
    return routes


def forward_rules(place: str) -> str:
    """nftables text: a router carries private traffic between private sides only, whatever a host's routes say."""
    if PLACES[place].vpc is None:
        return ""
    return """table ip lab {
  chain forward {
    type filter hook forward priority 0; policy accept;
    iifname { "vpc0", "peering" } oifname { "vpc0", "peering" } accept
    iifname { "vpc0", "peering" } drop
    oifname { "vpc0", "peering" } drop
  }
}
"""
