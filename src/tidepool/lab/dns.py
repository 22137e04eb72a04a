"""The lab's DNS: one authority (knot, 203.0.113.53) and a resolver (unbound) on every router.

The authority also serves an empty root zone, so that every name in the world has an answer and no question leaves the
lab.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tidepool.lab.machine import LabCell
from tidepool.lab.places import API_ADDRESS, DNS_ADDRESS, Place
from tidepool.lab.zone_text import zone_text

NAMES_TTL_S = 30
OWN_ZONES = ("tidepool.test", "db.tidepool.test")
READY_S = 10.0
RESOLVER_CONF = """server:
  chroot: ""
  username: "unbound"
  directory: "/etc/unbound"
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  interface: 127.0.0.1
{interfaces}
  access-control: 0.0.0.0/0 allow
  do-ip6: no
  module-config: "iterator"
  root-hints: "/etc/unbound/root.hints"
  qname-minimisation: no
  local-zone: "test." nodefault
  cache-max-negative-ttl: 2
  # A resolver that remembers for minutes that the authority was away would outlast every outage that we make.
  infra-host-ttl: 2
  infra-keep-probing: yes
  num-threads: 1
  msg-cache-size: 4m
  rrset-cache-size: 4m
remote-control:
  control-enable: no
"""


class Authority:
    def __init__(self, cell: LabCell) -> None:
        self.cell = cell
        self._records: dict[str, list[Mapping[str, Any]]] = {".": [], "tidepool.test": [], "db.tidepool.test": []}
        self._serial = int(time.time())
        self._lock = asyncio.Lock()

    async def start(self) -> None:
        self._records["tidepool.test"] = [
            {"type": "A", "name": "ns1", "data": DNS_ADDRESS},
            {"type": "A", "name": "api", "data": API_ADDRESS, "ttl": NAMES_TTL_S},
        ]
        for domain in self._records:
            self._write_zone(domain)
        self._write_conf()
        await self.cell.run(["install", "-d", "-o", "knot", "-g", "knot", "/run/knot", "/var/lib/knot"])
        await self.cell.spawn("knotd", ["knotd", "-c", "/etc/knot/knot.conf"])
        await self._until_serving()

    async def restart(self, cell: LabCell) -> None:
        """After the cell lost power (/run is empty) or knotd alone was killed (its PID file lies, and PIDs recur)."""
        await cell.run(["rm", "-f", "/run/knot/knot.pid"])
        await cell.run(["install", "-d", "-o", "knot", "-g", "knot", "/run/knot"])
        await cell.respawn()
        await self._until_serving()

    async def zone_apply(self, domain: str, records: Sequence[Mapping[str, Any]]) -> None:
        """Serve exactly these records. Returns when the authority does."""
        async with self._lock:
            known = domain in self._records
            self._records[domain] = list(records)
            self._write_zone(domain)
            if known:
                await self._control("-b", "zone-reload", domain + ".")
            else:
                self._write_conf()
                await self._control("reload")
                await self._control("-b", "zone-reload", domain + ".")

    async def zone_remove(self, domain: str) -> None:
        async with self._lock:
            if self._records.pop(domain, None) is not None:
                self._write_conf()
                await self._control("reload")
                (self.cell.root / "etc/knot/zones" / f"{domain}.zone").unlink(missing_ok=True)

    async def name_set(self, name: str, address: str) -> None:
        """An address record in one of the lab's own zones, as of a database: `x.db.tidepool.test`."""
        zone, host = _own_zone(name)
        record = {"type": "A", "name": host, "data": address, "ttl": NAMES_TTL_S}
        await self.zone_apply(zone, [*(r for r in self._records[zone] if r["name"] != host), record])

    async def name_remove(self, name: str) -> None:
        zone, host = _own_zone(name)
        await self.zone_apply(zone, [r for r in self._records[zone] if r["name"] != host])

    def _write_zone(self, domain: str) -> None:
        self._serial += 1
        file = "root" if domain == "." else domain
        self.cell.write(f"etc/knot/zones/{file}.zone", zone_text(domain, self._records[domain], self._serial))

    def _write_conf(self) -> None:
        zones = "".join(
            f'  - domain: "{domain.rstrip(".")}."\n    file: "{"root" if domain == "." else domain}.zone"\n'
            for domain in self._records
        )
        text = (
            'server:\n  rundir: "/run/knot"\n  user: knot:knot\n  listen: 0.0.0.0@53\n  udp-workers: 1\n'
            "  tcp-workers: 1\n  background-workers: 1\nlog:\n  - target: stderr\n    any: warning\n"
            'database:\n  storage: "/var/lib/knot"\n'
            'template:\n  - id: default\n    storage: "/etc/knot/zones"\n    semantic-checks: off\n'
            # The zone file alone is the truth; a journal would only be a second one to keep in step.
            "    journal-content: none\n    zonefile-sync: -1\n    zonefile-load: whole\n" + "zone:\n" + zones
        )
        self.cell.write("etc/knot/knot.conf", text)

    async def _control(self, *words: str) -> None:
        await self.cell.run(["knotc", "-c", "/etc/knot/knot.conf", *words], timeout_s=10.0)

    async def _until_serving(self) -> None:
        deadline = time.monotonic() + READY_S
        ask = ["kdig", "+short", "+time=1", "+retry=0", f"@{DNS_ADDRESS}", "ns1.tidepool.test"]
        while DNS_ADDRESS not in await self.cell.run(ask, check=False):
            if time.monotonic() > deadline:
                raise TimeoutError(
                    "the lab's DNS authority does not answer; see cells/dns/log/knotd.log in the lab's folder"
                )
            await asyncio.sleep(0.05)


def _own_zone(name: str) -> tuple[str, str]:
    for zone in sorted(OWN_ZONES, key=len, reverse=True):
        if name.endswith(f".{zone}"):
            return zone, name.removesuffix(f".{zone}")
    raise ValueError(f"{name} is in none of the lab's own zones {', '.join(OWN_ZONES)}; use zone_apply")


async def start_resolver(router: LabCell, place: Place) -> None:
    addresses = [str(a) for a in (place.router, place.vpc_router, place.resolver) if a is not None]
    interfaces = "\n".join(f"  interface: {address}" for address in addresses)
    router.write("etc/unbound/unbound.conf", RESOLVER_CONF.format(interfaces=interfaces))
    hints = f". 3600 IN NS ns1.tidepool.test.\nns1.tidepool.test. 3600 IN A {DNS_ADDRESS}\n"
    router.write("etc/unbound/root.hints", hints)
    await router.spawn("unbound", ["unbound", "-d", "-c", "/etc/unbound/unbound.conf"])
