"""partition: packets vanish silently, as on a WAN: no reset, no ICMP. Of a link, a region or one host.

A link swallows at the WAN process, and what is in flight is lost with it (`flush=false` lets it arrive). A host's cable
is cut at the router's end, where the host's own firewall rules cannot undo it; `peer=` cuts it off from somebody only.
"""

from dataclasses import dataclass
from ipaddress import IPv4Network

from tidepool.faults.fault import Options, World, choice, refuse_unknown
from tidepool.faults.links import Way, cut, mend, ways_of_link, ways_of_place
from tidepool.faults.target import Target
from tidepool.lab.home import LabError
from tidepool.lab.lab import Lab
from tidepool.lab.machine import nft

DIRECTIONS = ("both", "in", "out")
SIDE_OF_LINK = {"public": ("public",), "peering": ("private",), "all": ("public", "private")}


@dataclass(frozen=True, slots=True)
class Partition:
    target: Target
    link: str
    direction: str
    flush: bool
    peer: str | None

    @staticmethod
    def parse(target: str, options: Options) -> "Partition":
        refuse_unknown("partition", options, "link", "direction", "flush", "peer")
        aim = Target.parse(target)
        aim.only("partition", "region", "host", "link")
        links = ("all", "peering", "public", "uplink") if aim.kind == "region" else tuple(reversed(SIDE_OF_LINK))
        link = choice(options, "link", links)
        if aim.kind == "link" and "link" in options:
            raise LabError(f"target link:{aim.name} already says which link; leave link= out")
        if aim.kind != "host" and "peer" in options:
            raise LabError("peer= is for a host; a region's or a link's partition takes everything")
        direction = choice(options, "direction", DIRECTIONS)
        flush = choice(options, "flush", ("true", "false")) == "true"
        partition = Partition(aim, link, direction, flush, options.get("peer"))
        if aim.kind == "region" and not partition._ways():
            raise LabError(f"{aim.name} has no {link} link; its links are in `tidepool status`")
        return partition

    def _ways(self) -> list[Way]:
        if self.target.kind == "link":
            return ways_of_link(self.target.name, self.direction)
        return ways_of_place(self.target.name, self.link, self.direction)

    async def inject(self, world: World, fault_id: str) -> None:
        if self.target.kind != "host":
            await cut(world, self._ways(), flush=self.flush)
            return
        lab = world.lab
        cell = lab.cell(self.target.name)
        for side in SIDE_OF_LINK[self.link]:
            if port := cell.site.ports.get(side):
                rules = cable_rules(_table(fault_id), port.router_device, self.direction, _peer(lab, self.peer))
                await nft(port.router_netns, lab.image, rules)

    async def heal(self, world: World, fault_id: str) -> None:
        if self.target.kind != "host":
            await mend(world, self._ways())
            return
        if self.target.gone(world.lab):
            return  # its cable went with it, and the rules with the cable
        for port in world.lab.cell(self.target.name).site.ports.values():
            for hook in ("ingress", "egress"):
                table = f"{_table(fault_id)}_{port.router_device.replace('-', '_')}_{hook}"
                # `add` first, because deleting what is not there is an error.
                await nft(
                    port.router_netns, world.lab.image, f"add table netdev {table}\ndelete table netdev {table}\n"
                )


def _table(fault_id: str) -> str:
    return f"fault_{fault_id}"


def _peer(lab: Lab, peer: str | None) -> list[str]:
    """Addresses of a host by name, or a network as it stands; empty: everybody."""
    if peer is None:
        return []
    if peer in lab.cells:
        cell = lab.cell(peer)
        return [address for address in (cell.public_ip, cell.private_ip) if address]
    try:
        return [str(IPv4Network(peer))]
    except ValueError:
        raise LabError(f"peer={peer} is neither a host of this lab nor an address or network; give one") from None


def cable_rules(table: str, device: str, direction: str, peers: list[str]) -> str:
    """nftables text for the router's end of a cable: what comes in there is what the host sends out."""
    rules = []
    for hook, sense, field in (("ingress", "out", "daddr"), ("egress", "in", "saddr")):
        if direction in ("both", sense):
            match = f"ip {field} {{ {', '.join(peers)} }} " if peers else ""
            name = f"{table}_{device.replace('-', '_')}_{hook}"
            rules.append(
                f"table netdev {name} {{\n  chain cut {{\n"
                f'    type filter hook {hook} device "{device}" priority 0; policy accept;\n    {match}drop\n  }}\n}}\n'
            )
    return "".join(rules)
