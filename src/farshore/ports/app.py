"""A region's app servers, spoken to through their agents."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from farshore.model.region import Endpoint
from farshore.model.sighting import Sighting


@dataclass(frozen=True, slots=True)
class AgentView:
    """What one agent says of itself and of what it sees."""

    agent: str
    place: str
    endpoint: Endpoint | None  # what its app server reads now
    sightings: tuple[Sighting, ...]  # agents of the standby region are vantage points


class App(Protocol):
    """One app server."""

    @property
    def name(self) -> str: ...

    async def view(self) -> AgentView:
        """Raises Unreachable; Refused when the signature is wrong or the answer is stale."""
        ...

    async def point(self, endpoint: Endpoint) -> None:
        """Replace the endpoint file atomically. The same endpoint again is silent success.

        Refused when the agent has seen a larger epoch, or another endpoint of the same epoch and role.
        """
        ...


class Apps(Protocol):
    """The app servers of one region."""

    def all(self) -> Sequence[App]: ...
