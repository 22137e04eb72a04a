"""A region's app servers, spoken to through their agents."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from farshore.model.region import Endpoint, Epoch
from farshore.model.sighting import Sighting
from farshore.ports.prober import Target


@dataclass(frozen=True, slots=True)
class Heard:
    """Another controller that runs: the shared witness of two that share no store of record."""

    controller: str
    age_s: float  # since it last spoke to this agent


@dataclass(frozen=True, slots=True)
class AgentView:
    """What one agent says of itself and of what it sees."""

    agent: str
    place: str
    endpoint: Endpoint | None  # what its app server reads now
    sightings: tuple[Sighting, ...]  # agents of the standby region are vantage points
    heard: Heard | None = None  # the controller besides us that spoke to it last; None: there was none


class App(Protocol):
    """One app server."""

    @property
    def name(self) -> str: ...

    async def view(self, runs: bool = False) -> AgentView:
        """`runs`: we are a controller at work, and the agent tells others of it; a verb that only looks is not told of.

        Raises Unreachable; Refused when the signature is wrong or the answer is stale."""
        ...

    async def point(self, endpoint: Endpoint) -> None:
        """Replace the endpoint file atomically. The same endpoint again is silent success.

        Refused when the agent has seen a larger epoch, or another endpoint of the same epoch and role.
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
