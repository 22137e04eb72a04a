"""A region's app servers, spoken to through their agents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from farshore.model.order_journal import JournalState
from farshore.model.permit import PermitTerms
from farshore.model.region import Endpoint, Epoch
from farshore.model.sighting import Sighting
from farshore.ports.order_journal import OrderJournal
from farshore.ports.prober import Target


@dataclass(frozen=True, slots=True)
class Heard:
    """Another controller that runs: the shared witness of two that share no store of record."""

    controller: str
    age_s: float  # since it last spoke to this agent


@dataclass(frozen=True, slots=True)
class Left:
    """A permit, or a promise not to open, and how long it still lasts by the agent's own clock."""

    epoch: Epoch
    left_s: float


class BridgeWhat(StrEnum):
    """Which requests of late visitors are handed over to the other region."""

    WRITES = "writes"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Bridge:
    address: str  # an IP address: the other region's door
    what: BridgeWhat


@dataclass(frozen=True, slots=True)
class BridgeAtWork:
    bridge: Bridge
    handed: int  # requests handed over since the epoch began


@dataclass(frozen=True, slots=True)
class Promisor:
    """An agent that is asked for its promise not to open, when no controller can be."""

    name: str  # as its certificate has it
    address: str  # HOST:PORT


@dataclass(frozen=True, slots=True)
class AgentView:
    """What one agent says of itself and of what it sees."""

    agent: str
    place: str
    endpoint: Endpoint | None  # what its app server reads now
    sightings: tuple[Sighting, ...]  # agents of the standby region are vantage points
    heard: Heard | None = None  # the controller besides us that spoke to it last; None: there was none
    permit: Left | None = None  # until when its app server may take orders
    promise: Left | None = None  # until when it may not be pointed as writer
    bridge: BridgeAtWork | None = None
    troubles: tuple[str, ...] = ()  # sentences: what keeps it from its work, such as a package that is missing
    certificate_left_s: float | None = None  # until it has to be deployed again; None: not known
    journal: Mapping[str, JournalState] = field(default_factory=dict)  # by store


class App(Protocol):
    """One app server."""

    @property
    def name(self) -> str: ...

    @property
    def address(self) -> str:
        """HOST:PORT at which its peers reach it, as its controller does."""
        ...

    @property
    def journal(self) -> OrderJournal:
        """What it keeps of the stores' orders."""
        ...

    async def view(self, runs: bool = False) -> AgentView:
        """`runs`: we are a controller at work, and the agent tells others of it; a verb that only looks is not told of.

        Raises Unreachable; Refused when one end does not accept the other's certificate, or the answer is garbled."""
        ...

    async def point(self, endpoint: Endpoint, bridge: Bridge | None = None, whole: bool = False) -> None:
        """Replace the endpoint file atomically, and set up this bridge or none. The same again is silent success.

        `whole`: the database there has every order that was ever acknowledged, so none waits for reconciliation.

        RetryLater while a promise not to open is running, Refused when the agent has seen a larger epoch, or another
        endpoint of the same epoch and role.
        """
        ...

    async def terms(
        self, epoch: Epoch, permit: PermitTerms, relays: Sequence[str], promisors: Sequence[Promisor]
    ) -> None:
        """How to renew, and from whom; kept over restarts. `relays` are HOST:PORT, controllers first.

        Refused when the agent has seen a larger epoch.
        """
        ...

    async def revoke(self, epoch: Epoch) -> float | None:
        """From now on this agent promises nothing for `epoch` or a smaller one; kept over restarts.

        Returns how many seconds ago it made its last promise; None when it never made one.
        """
        ...

    async def close_checkout(self, epoch: Epoch, reopens_s: float, wait_s: float) -> bool:
        """Begin no checkout any more; pages say that the shop opens again in about `reopens_s`. True when those that
        were begun have ended within `wait_s`. Ends with the next `point`, or by itself when the permit does.

        Refused when the agent has seen a larger epoch.
        """
        ...

    async def watch(self, epoch: Epoch, targets: Sequence[Target], interval_s: float, timeout_s: float) -> None:
        """From now on this agent probes exactly `targets` on a schedule; the same watch again is silent success.

        Targets of door REFERENCE are how it tells a dead store from its own blind eye. Refused when the agent has seen
        a larger epoch.
        """
        ...


class Apps(Protocol):
    """The app servers of one region."""

    def all(self) -> Sequence[App]: ...
