"""How far each step of a plan is, computed from the plan's lines in the journal."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from farshore.model.operator import Word
from farshore.plan.journal import BY_PLAN, Event, OperatorSaid, StepDone, StepFailed, StepSkipped, StepStarted
from farshore.plan.plan import HOLD_PREFIX, Plan
from farshore.plan.step import StepKind

FENCE = StepKind.FENCE_DATABASE  # the one that is tried on when the plan has given it up, and is a proof then too


class Stage(StrEnum):
    NEW = "new"
    STARTED = "started"  # and not known to have ended: being done, or interrupted
    FAILED = "failed"  # the last attempt did; whether there is another is for `next`
    DONE = "done"
    SKIPPED = "skipped"

    @property
    def over(self) -> bool:
        return self in (Stage.DONE, Stage.SKIPPED)


@dataclass(frozen=True, slots=True)
class Progress:
    stage: Stage = Stage.NEW
    attempts: int = 0
    failures: tuple[StepFailed, ...] = ()  # since the operator last said "try again"
    begun_s: float = 0.0  # where the deadline runs from: the first attempt that was not interrupted
    detail: str = ""
    by_hand: bool = False  # an operator said that it is done
    kept_at: bool = False  # done beside the plan, which had given it up

    @property
    def done(self) -> bool:
        """Carried out, by us or by hand, if only later; a step that was given up is over, and not done."""
        return self.stage is Stage.DONE or self.by_hand or self.kept_at


def progress(plan: Plan, events: Iterable[Event]) -> dict[StepKind, Progress]:
    """Of every step of the plan. Lines of other plans are passed over, but for a fence kept at under its epoch."""
    known = {kind: Progress() for kind in plan.kinds}
    for event in events:
        if isinstance(event, OperatorSaid):
            if event.word == Word.APPROVE:
                known = {kind: replace(was, failures=()) for kind, was in known.items()}
        elif (
            isinstance(event, StepStarted | StepDone | StepFailed | StepSkipped)
            and event.plan == plan.id
            and event.step in known
        ):
            known[event.step] = _after(known[event.step], event)
        elif _kept_at(plan, event):
            known = {kind: replace(was, kept_at=was.kept_at or kind is FENCE) for kind, was in known.items()}
    return known


def _kept_at(plan: Plan, event: Event) -> bool:
    return isinstance(event, StepDone) and event.step is FENCE and event.plan == f"{HOLD_PREFIX}{plan.epoch}"


def _after(was: Progress, event: StepStarted | StepDone | StepFailed | StepSkipped) -> Progress:
    if was.stage.over:
        return was  # the answer of an attempt that a skip has overtaken
    match event:
        case StepStarted():
            interrupted = was.stage is Stage.STARTED
            begun = event.at_s if interrupted or not was.failures else was.begun_s
            return replace(was, stage=Stage.STARTED, attempts=was.attempts + 1, begun_s=begun)
        case StepDone():
            return replace(was, stage=Stage.DONE, detail=event.detail)
        case StepFailed():
            return replace(was, stage=Stage.FAILED, failures=(*was.failures, event), detail=event.why)
        case StepSkipped():
            return replace(was, stage=Stage.SKIPPED, detail=event.why, by_hand=event.by != BY_PLAN)
