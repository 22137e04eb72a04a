"""What a step is handed, and what it hands back."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from farshore.engine.parts import Half, Parts
from farshore.engine.permits import Renewals
from farshore.engine.world import World
from farshore.model.group import Group
from farshore.plan.journal import Event, StepDone
from farshore.plan.plan import Plan
from farshore.plan.progress import progress
from farshore.plan.step import StepKind
from farshore.ports.coordination import Lease


@dataclass(frozen=True, slots=True)
class StepContext:
    world: World
    group: Group
    plan: Plan
    parts: Parts
    lease: Lease
    attempt: int = 1
    events: tuple[Event, ...] = ()  # the plan's lines so far
    renewals: Renewals = field(default_factory=Renewals)  # when each of the permit's renewals was first seen here

    @property
    def losing(self) -> Half:
        return self.parts.half(self.plan.from_region)

    @property
    def gaining(self) -> Half:
        return self.parts.half(self.plan.to_region)

    def done(self, kind: StepKind) -> bool:
        """True when that step of this plan was carried out, not skipped."""
        return any(isinstance(e, StepDone) and e.plan == self.plan.id and e.step is kind for e in self.events)

    @property
    def fenced(self) -> bool:
        """The old database is: by the plan, by what is kept at beside it, or by the person who vouches for it."""
        return (fence := progress(self.plan, self.events).get(StepKind.FENCE_DATABASE)) is not None and fence.done


@dataclass(frozen=True, slots=True)
class Done:
    detail: str = ""
    left: tuple[str, ...] = ()  # not reached; kept at between plans
    facts: Mapping[str, Any] = field(default_factory=dict)  # written into the journal with the step


Executor = Callable[[StepContext], Awaitable[Done]]
"""Looks before it acts, is safe to repeat after any interruption, raises a Failure when it is not done."""
