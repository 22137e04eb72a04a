"""Everything outside, by role. Wiring fills it with adapters, the simulator with fakes; the engine sees only ports."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from farshore.model.region import RegionName
from farshore.ports.app import Apps
from farshore.ports.clock import Clock
from farshore.ports.cloud import Cloud, DatabaseServer
from farshore.ports.coordination import Coordination
from farshore.ports.database import Database
from farshore.ports.dns import Dns
from farshore.ports.evidence import Evidence
from farshore.ports.notifier import Notifier
from farshore.ports.prober import Prober, Target

DatabaseFactory = Callable[[DatabaseServer], Database]
"""Opens nothing yet: the first call connects. Called once for each place; the object is kept warm."""


@dataclass(frozen=True, slots=True)
class World:
    clock: Clock
    coordination: Coordination
    prober: Prober
    cloud: Cloud
    dns: Dns
    apps: Mapping[RegionName, Apps]
    database: DatabaseFactory
    notifier: Notifier
    evidence: Evidence
    relay: Callable[[], str] = lambda: ""  # HOST:PORT at which app servers renew with this controller; empty: nowhere
    references: tuple[Target, ...] = ()  # door REFERENCE; empty: the standby's own door is the reference
    public_port: int = 443
    public_tls: bool = True
    public_ca_file: str | None = None  # authority of the stores' certificates; None: the system's
