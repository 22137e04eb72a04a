"""Interfaces, bridges and routes: what turns namespaces into a network. Blocking; run in a thread."""

from itertools import count

from tidepool.lab import netns
from tidepool.lab.machine import Port
from tidepool.lab.places import LINKS, PLACES, PRIVATE, Place, links_of, routes_of

QUIET = {
    "net/ipv6/conf/all/disable_ipv6": "1",  # the lab is IPv4 only; router solicitations would only be noise
    "net/ipv6/conf/default/disable_ipv6": "1",
    "net/ipv4/conf/all/rp_filter": "0",
    "net/ipv4/conf/default/rp_filter": "0",
}
ROUTER = {"net/ipv4/ip_forward": "1", "net/ipv4/conf/all/send_redirects": "0"}
SIDES = {"public": ("pub0", "eth0"), "private": ("vpc0", "eth1")}
_serial = count(1)


def make_namespace(name: str, *, router: bool) -> None:
    netns.add(name)
    with netns.inside(name):
        for key, value in (QUIET | (ROUTER if router else {})).items():
            with open(f"/proc/sys/{key}", "w") as setting:
                setting.write(value)
    netns.ip_batch(name, ["link set lo up"])


def make_bridges(name: str, place: Place) -> None:
    lines = ["link add pub0 type bridge", f"addr add {place.router}/{place.public.prefixlen} dev pub0"]
    if place.resolver is not None:
        lines.append(f"addr add {place.resolver}/32 dev pub0")
    lines.append("link set pub0 up")
    if place.vpc is not None:
        lines += ["link add vpc0 type bridge", f"addr add {place.vpc_router}/{place.vpc.prefixlen} dev vpc0"]
        lines.append("link set vpc0 up")
    netns.ip_batch(name, lines)


def join_links(name: str, place: str) -> None:
    """Bring up the router's ends of the links (their devices exist once the WAN process runs) and route to them.

    The devices carry no addresses; `src` says whose name the router uses for itself.
    """
    devices = [link.device_a if link.a == place else link.device_b for link in links_of(place)]
    lines = [f"link set {device} mtu 1500 txqueuelen 2000 up" for device in devices]
    for destination, device in routes_of(place):
        source = PLACES[place].vpc_router if device == "peering" else PLACES[place].router
        lines.append(f"route add {destination} dev {device} src {source}")
    if not any(destination == "default" for destination, _ in routes_of(place)):
        lines.append("route add unreachable default")
    netns.ip_batch(name, lines)


def plug(name: str, router: str, place: Place, addresses: dict[str, str]) -> dict[str, Port]:
    """A cable from each of the cell's interfaces to the router's bridge of that side."""
    ports: dict[str, Port] = {}
    for side, address in addresses.items():
        bridge, device = SIDES[side]
        far = f"{'pub' if side == 'public' else 'vpc'}-{next(_serial)}"
        network = place.public if side == "public" else place.vpc
        assert network is not None
        netns.ip_batch(
            router,
            [f"link add {far} type veth peer name {device} netns {name}", f"link set {far} master {bridge} up"],
        )
        netns.ip_batch(name, [f"addr add {address}/{network.prefixlen} dev {device}", f"link set {device} up"])
        ports[side] = Port(device, far, router, address)
    routes = []
    if "private" in ports:
        routes.append(f"route add {PRIVATE} via {place.vpc_router} dev eth1")
    if "public" in ports:
        routes.append(f"route add default via {place.router} dev eth0")
    if routes:
        netns.ip_batch(name, routes)
    return ports


def wan_links(namespace_of: dict[str, str]) -> list[dict[str, object]]:
    """The WAN process's specification: which device in which namespace, and how far apart."""
    return [
        {
            "name": link.name,
            "netns_a": namespace_of[link.a],
            "netns_b": namespace_of[link.b],
            "device_a": link.device_a,
            "device_b": link.device_b,
            "rtt_ms": link.rtt_ms,
        }
        for link in LINKS.values()
    ]
