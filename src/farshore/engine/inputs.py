"""What can happen to the machine. The shell makes these; each only updates what is known, and a tick decides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from farshore.engine.last_marker import LastMarker
from farshore.model.grant import Grant
from farshore.model.operator import OperatorWord
from farshore.model.region import RegionName
from farshore.model.sighting import Marker, Sighting
from farshore.plan.journal import Event
from farshore.plan.step import StepKind
from farshore.ports.app import AgentView


@dataclass(frozen=True, slots=True)
class Tick:
    """Decide now. `lag_s`: how late this tick is; a late controller has not looked when it says it has."""

    lag_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Woke:
    """The time of a `WakeAt` has come."""


@dataclass(frozen=True, slots=True)
class Led:
    term: int
    until_s: float  # counted from before the renewal was sent


@dataclass(frozen=True, slots=True)
class NotLed:
    why: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """The whole journal and the grant, read under `term`. None: the group was never granted."""

    events: tuple[Event, ...]
    grant: Grant | None
    term: int
    last_marker: LastMarker | None = None


@dataclass(frozen=True, slots=True)
class GrantMade:
    """The group's first grant is in the store of record."""

    grant: Grant


@dataclass(frozen=True, slots=True)
class StoreFailed:
    """The store of record could not be read or written. `dropped` steps were ordered and not begun."""

    why: str
    dropped: frozenset[tuple[str, StepKind]] = frozenset()


@dataclass(frozen=True, slots=True)
class Saw:
    """One vantage point's newest sightings; ages count from now."""

    sightings: tuple[Sighting, ...]


@dataclass(frozen=True, slots=True)
class AgentSeen:
    region: RegionName
    view: AgentView
    took_s: float = 0.0


@dataclass(frozen=True, slots=True)
class AgentSilent:
    region: RegionName
    agent: str
    why: str


@dataclass(frozen=True, slots=True)
class Renewed:
    """The writer's permit was renewed since the last look."""

    epoch: int


@dataclass(frozen=True, slots=True)
class MarkerWritten:
    sequence: int


@dataclass(frozen=True, slots=True)
class MarkerNotWritten:
    why: str


@dataclass(frozen=True, slots=True)
class MarkerRead:
    """The standby's database answered; `follows` says that it is a replica."""

    marker: Marker | None
    follows: bool = True


@dataclass(frozen=True, slots=True)
class OperatorRead:
    word: OperatorWord


@dataclass(frozen=True, slots=True)
class StepEnded:
    """A step's attempt is over: done when `failed` is empty."""

    plan: str
    step: StepKind
    detail: str = ""
    left: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    failed: str = ""
    retry: bool = True
    after_s: float = 0.0


Input = (
    Tick
    | Woke
    | Led
    | NotLed
    | Loaded
    | GrantMade
    | StoreFailed
    | Saw
    | AgentSeen
    | AgentSilent
    | Renewed
    | MarkerWritten
    | MarkerNotWritten
    | MarkerRead
    | OperatorRead
    | StepEnded
)
