"""A group as its configuration describes it: plain values, made by `settings`, used by everything else."""

from dataclasses import dataclass, field
from enum import StrEnum

from farshore.model.order_journal import JournalTerms
from farshore.model.permit import PermitTerms
from farshore.model.region import RegionName


class Mode(StrEnum):
    AUTO = "auto"  # fails over by itself
    APPROVE = "approve"  # proceeds on a word, or after `veto_s` without one
    MANUAL = "manual"  # only ever on a word


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request that proves something, such as a whole order placed from outside."""

    path: str
    method: str = "GET"
    form: tuple[tuple[str, str], ...] = ()  # values may contain {unique}, replaced by a fresh word
    expect: str = ""  # text that the body must contain


@dataclass(frozen=True, slots=True)
class Store:
    """One shop, one domain."""

    name: str
    domain: str  # whole public host name: shop.example.com
    zone: str  # domain in the provider's account that holds the record: example.com
    ttl_s: int = 30
    browse: Request = field(default_factory=lambda: Request("/"))
    buy: Request = field(default_factory=lambda: Request("/healthz/deep"))
    verify: Request | None = None  # an order placed from outside at the end of a failover
    database: str = "shop"  # name of its database on the group's cluster
    app_user: str = "shop"
    id_counters: tuple[str, ...] = ()  # `table.column` that hand out ids besides AUTO_INCREMENT and sequences
    guarded_tables: tuple[str, ...] = ()  # an order needs a row here: the database refuses it without a permit
    checkout_max_s: float = 10.0  # longest checkout, payment included; one that is admitted may end
    journal: JournalTerms = field(default_factory=JournalTerms)


@dataclass(frozen=True, slots=True)
class Place:
    """One of the two regions, by the provider's names."""

    region: RegionName
    load_balancer: str
    database: str  # name of the managed cluster or replica
    app_tag: str  # tag of its app servers
    agent_port: int = 9470


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Seconds, and looks in a row."""

    interval_s: float = 1.0
    timeout_s: float = 1.2
    down_after: int = 3  # looks in a row that failed
    up_after: int = 5  # looks in a row that succeeded
    fresh_s: float = 4.0  # a sighting older than this is no sighting
    rpo_budget_s: float = 5.0  # the marker on the standby may be this old
    cool_down_s: float = 3600.0
    veto_s: float = 60.0
    fence_patience_s: float = 1.5  # how long an unreachable old writer is tried before `allow_unfenced` applies
    lease_ttl_s: float = 5.0
    id_gap: int = 1000


@dataclass(frozen=True, slots=True)
class Fences:
    """What is done to the old region besides, when its database could not be fenced. Both need the provider's API."""

    network: bool = False  # its database admits nobody but this controller; no proof, for open sessions may live on
    hosts: bool = False  # its app servers are powered off; a proof


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    engine: str  # mysql | pg
    stores: tuple[Store, ...]
    first: Place  # the writer's region when epoch 1 begins
    second: Place
    mode: Mode = Mode.AUTO
    thresholds: Thresholds = field(default_factory=Thresholds)
    allow_unfenced: bool = False
    permit: PermitTerms = field(default_factory=PermitTerms)
    failback_after_s: float | None = None  # home by itself once all has been well for so long; None: on a word only
    fences: Fences = field(default_factory=Fences)

    def place(self, region: RegionName) -> Place:
        """The place in `region`; KeyError when the group has none there."""
        for place in (self.first, self.second):
            if place.region == region:
                return place
        raise KeyError(region)

    def other(self, region: RegionName) -> Place:
        """The place that is not in `region`."""
        return self.second if region == self.first.region else self.first
