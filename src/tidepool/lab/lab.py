"""The lab: places with routers, the WAN, DNS, and the cells that live there. Owned by the daemon; one per process."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from tidepool.lab import cabling, netns
from tidepool.lab.addresses import AddressPool
from tidepool.lab.cgroups import Group
from tidepool.lab.dns import Authority, start_resolver
from tidepool.lab.droplet import Droplet
from tidepool.lab.home import LabError, LabFolder
from tidepool.lab.machine import PLAIN_INIT, LabCell, Port, Site
from tidepool.lab.places import API_ADDRESS, CONTROLLER_ADDRESS, DNS_ADDRESS, PLACES, SHOPPERS_ADDRESS, forward_rules
from tidepool.lab.wan_control import WanControl

CELL_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,59}\Z")
# Cells that are there from the start, beside one router per place: the ends of `tidepool exec lon1` and `... internet`.
FIXTURES = (
    ("dns", "internet", DNS_ADDRESS),
    ("api", "internet", API_ADDRESS),
    ("internet", "internet", SHOPPERS_ADDRESS),
    ("lon1", "lon1", CONTROLLER_ADDRESS),
)
Restart = Callable[[LabCell], Awaitable[None]]


class Lab:
    def __init__(self, folder: LabFolder, image: Path) -> None:
        self.folder = folder
        self.image = image
        self.cells: dict[str, LabCell] = {}
        self.wan = WanControl(folder.wan_control)
        self._restarts: dict[str, Restart] = {}
        self._public = {place.name: AddressPool(place.public) for place in PLACES.values()}
        self._private = {place.name: AddressPool(place.vpc) for place in PLACES.values() if place.vpc is not None}
        self._authority: Authority | None = None
        self._wan_process: subprocess.Popen[str] | None = None

    @property
    def dns(self) -> Authority:
        assert self._authority is not None, "the lab has not been started"
        return self._authority

    async def start(self, say: Callable[[str], None]) -> None:
        say("routers and links")
        await asyncio.gather(*(self._make_router(place) for place in PLACES))
        self._start_wan()
        for place in PLACES:
            cabling.join_links(self.router(place).site.netns, place)
        say("name servers")
        await asyncio.gather(*(self.make_cell(name, place, public_ip=ip) for name, place, ip in FIXTURES))
        self._authority = Authority(self.cell("dns"))
        self.on_restart(self.cell("dns"), self._authority.restart)
        await asyncio.gather(
            self._authority.start(), *(start_resolver(self.router(p.name), p) for p in PLACES.values())
        )

    # cells --------------------------------------------------------------------
    async def make_cell(
        self,
        name: str,
        place: str,
        *,
        public_ip: str | None = None,
        private_ip: str | None = None,
        public: bool = True,
        private: bool = True,
    ) -> LabCell:
        """A running machine without services. Addresses are chosen unless given; `private` counts only in regions."""
        site = await self._site(name, place, public, private, public_ip, private_ip)
        cell = LabCell(site)
        await self._power_up(cell)
        return cell

    async def make_droplet(
        self,
        name: str,
        place: str,
        *,
        ssh_keys: Sequence[str] = (),
        user_data: str = "",
        public_ip: str | None = None,
        private_ip: str | None = None,
    ) -> Droplet:
        """A machine with systemd as PID 1; returns when PID 1 runs, sshd and user_data come a moment later."""
        site = await self._site(name, place, True, True, public_ip, private_ip, init=Droplet.INIT)
        cell = Droplet(site, ssh_keys, user_data)
        await self._power_up(cell)
        return cell

    async def destroy(self, cell: LabCell) -> None:
        self.cells.pop(cell.name, None)
        self._restarts.pop(cell.name, None)
        if cell.destroyed:
            return
        await cell.destroy()
        self._forget(cell.place, {side: port.address for side, port in cell.site.ports.items()})

    def cell(self, name: str) -> LabCell:
        if name not in self.cells:
            raise LabError(f"there is no host {name!r} in this lab; hosts are {', '.join(sorted(self.cells))}")
        return self.cells[name]

    def router(self, place: str) -> LabCell:
        return self.cell(f"router-{place}")

    def on_restart(self, cell: LabCell, hook: Restart) -> None:
        """What brings the cell's services back after a `kill` fault is removed; default: spawn again what was spawned.
        The cell itself is running, with an empty /run and nothing else alive, when the hook is called."""
        self._restarts[cell.name] = hook

    async def restart(self, cell: LabCell) -> None:
        """Power on after kill(), services included."""
        await cell.start()
        await self._restarts.get(cell.name, LabCell.respawn)(cell)

    # parts --------------------------------------------------------------------
    async def _site(
        self,
        name: str,
        place: str,
        public: bool,
        private: bool,
        public_ip: str | None,
        private_ip: str | None,
        init: tuple[str, ...] = PLAIN_INIT,
    ) -> Site:
        if not CELL_NAME.match(name):
            raise LabError(f"{name!r} is not a host's name; use small letters, digits, dots and dashes")
        if place not in PLACES:
            raise LabError(f"there is no place {place!r}; places are {', '.join(PLACES)}")
        if (self.folder.cells / name).exists():
            raise LabError(f"there is already a host {name!r} in this lab; destroy it first or choose another name")
        (self.folder.cells / name).mkdir(parents=True)
        addresses: dict[str, str] = {}
        namespace = self.folder.netns(name)
        try:
            if public:
                addresses["public"] = self._public[place].take(public_ip)
            if private and PLACES[place].vpc is not None:
                addresses["private"] = self._private[place].take(private_ip)
            ports = await asyncio.to_thread(_wire, namespace, self.router(place).site.netns, place, addresses)
        except BaseException:
            self._forget(place, addresses)
            netns.remove(namespace)
            (self.folder.cells / name).rmdir()
            raise
        return self._describe(name, place, ports, init)

    def _forget(self, place: str, addresses: dict[str, str]) -> None:
        for side, address in addresses.items():
            (self._public if side == "public" else self._private)[place].give_back(address)

    def _describe(self, name: str, place: str, ports: dict[str, Port], init: tuple[str, ...]) -> Site:
        folder, mark = self.folder, self.folder.mark
        group = Group(f"{mark}/{place}/{name}")
        site = Site(
            name, place, folder.cells / name, self.image, folder.netns(name), group, ports, PLACES[place].dns, init
        )
        # For `tidepool exec`, which must work however busy the daemon is.
        facts = {"netns": site.netns, "place": place, "resolver": site.resolver, "group": site.group.path}
        (site.folder / "cell.json").write_text(json.dumps(facts))
        return site

    async def _make_router(self, place: str) -> None:
        name = f"router-{place}"
        (self.folder.cells / name).mkdir(parents=True)
        namespace = self.folder.netns(name)
        await asyncio.to_thread(cabling.make_namespace, namespace, router=True)
        await asyncio.to_thread(cabling.make_bridges, namespace, PLACES[place])
        cell = LabCell(self._describe(name, place, {}, PLAIN_INIT))
        await self._power_up(cell)
        if rules := forward_rules(place):
            await cell.nft(rules)

    async def _power_up(self, cell: LabCell) -> None:
        try:
            await asyncio.to_thread(cell.build)
            await cell.start()
        except BaseException:
            await self.destroy(cell)
            raise
        self.cells[cell.name] = cell

    def _start_wan(self) -> None:
        spec = self.folder.path / "wan.json"
        namespaces = {place: self.router(place).site.netns for place in PLACES}
        spec.write_text(json.dumps({"links": cabling.wan_links(namespaces), "control": str(self.folder.wan_control)}))
        with open(self.folder.path / "wan.log", "w") as log:
            self._wan_process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "tidepool.lab.wan", str(spec)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._wan_process.stdout is not None
        if self._wan_process.stdout.readline() != "ready\n":
            raise LabError(f"the WAN process did not start; {self.folder.path}/wan.log says why")


def _wire(namespace: str, router: str, place: str, addresses: dict[str, str]) -> dict[str, Port]:
    cabling.make_namespace(namespace, router=False)
    return cabling.plug(namespace, router, PLACES[place], addresses)
