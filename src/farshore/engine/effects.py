"""What the machine wants done, in this order: a line is durable before anything behind it is performed.

The shell stops at the first effect that fails and reports what it has not begun.
"""

from dataclasses import dataclass

from farshore.model.grant import Grant
from farshore.model.region import RegionName
from farshore.plan.journal import Event
from farshore.plan.plan import Plan
from farshore.plan.step import StepKind
from farshore.ports.notifier import Notice


@dataclass(frozen=True, slots=True)
class Append:
    """Write a line of the journal; durable before the next effect."""

    event: Event


@dataclass(frozen=True, slots=True)
class Perform:
    """Begin one attempt of a step. It ends as `StepEnded`."""

    plan: Plan
    step: StepKind
    attempt: int
    attempt_s: float
    events: tuple[Event, ...]  # of the plan so far: the step may read what others found out


@dataclass(frozen=True, slots=True)
class FirstGrant:
    """Swap the grant record from nothing. Ends as `GrantMade`."""

    grant: Grant


@dataclass(frozen=True, slots=True)
class Load:
    """Read journal and grant again: what is in memory may differ from what is written. Ends as `Loaded`."""

    term: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """Break off steps that only wait. They end as `StepEnded` like any other."""

    plan: str
    steps: frozenset[StepKind]


@dataclass(frozen=True, slots=True)
class CancelAll:
    """Leadership is gone: whatever is in flight belongs to another term."""


@dataclass(frozen=True, slots=True)
class Forget:
    """What the provider said of a place is out of date: its database was replaced. It is looked up again."""

    region: RegionName


@dataclass(frozen=True, slots=True)
class WakeAt:
    """A step may be tried again then: do not wait for the next tick."""

    at_s: float


@dataclass(frozen=True, slots=True)
class Tell:
    notice: Notice


Effect = Append | Forget | Perform | FirstGrant | Load | Cancel | CancelAll | WakeAt | Tell
