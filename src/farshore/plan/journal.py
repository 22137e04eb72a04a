"""The lines of a group's journal, and how they look as JSON. A plan's position is always computed from them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from farshore.model.failure import Refused
from farshore.model.region import Epoch, RegionName
from farshore.plan.plan import Plan
from farshore.plan.step import StepKind

BY_PLAN = "plan"  # `StepSkipped.by` when nobody but the plan itself gave the step up


@dataclass(frozen=True, slots=True)
class VerdictChanged:
    at_s: float  # the writing controller's CLOCK_BOOTTIME: only ever subtracted from another of the same run
    rule: str
    call: str
    because: str


@dataclass(frozen=True, slots=True)
class OperatorSaid:
    at_s: float
    word: str
    who: str
    revision: int  # of the operator's record: a word is obeyed once
    step: str = ""
    answer: str = ""  # what the controller made of it
    stands_s: float = 0.0  # how long the word waits for its moment; 0: it was dealt with, or has lapsed
    plan: str = ""  # checksum that the word approves; empty: any
    at: str = ""  # wall clock of the machine on which it was spoken
    accept_loss: bool = False  # the loss named as `loss_s` was accepted
    loss_s: float | None = None  # None: accepted although nobody could name it
    behind_s: float | None = None  # how far the standby was behind when the word was obeyed; None: not known


@dataclass(frozen=True, slots=True)
class PlanStarted:
    """Of a failover, with what makes it allowed: `plan.loss` reads that back."""

    at_s: float
    plan: Plan
    behind_s: float | None = None  # how far the standby was behind; None: not known
    budget_s: float | None = None  # rpo_budget_s as it was then; None: no failover, or a line of an earlier version
    word: int = 0  # revision of the operator's word that began it; 0: automation alone


@dataclass(frozen=True, slots=True)
class StepStarted:
    at_s: float
    plan: str
    step: StepKind
    attempt: int


@dataclass(frozen=True, slots=True)
class StepDone:
    at_s: float
    plan: str
    step: StepKind
    detail: str = ""
    left: tuple[str, ...] = ()  # what could not be reached and is tried again after the plan
    facts: Mapping[str, Any] = field(default_factory=dict)  # what a later step of the plan, or a reader, computes with


@dataclass(frozen=True, slots=True)
class StepFailed:
    at_s: float
    plan: str
    step: StepKind
    why: str
    retry: bool = True  # False: trying again changes nothing
    after_s: float = 0.0  # the outside asked for this much patience


@dataclass(frozen=True, slots=True)
class StepSkipped:
    at_s: float
    plan: str
    step: StepKind
    why: str
    by: str  # "plan", or the operator who did it by hand


@dataclass(frozen=True, slots=True)
class PlanFinished:
    at_s: float
    plan: str


@dataclass(frozen=True, slots=True)
class PlanStuck:
    at_s: float
    plan: str
    step: StepKind
    why: str


@dataclass(frozen=True, slots=True)
class PlanAborted:
    at_s: float
    plan: str
    who: str


@dataclass(frozen=True, slots=True)
class Granted:
    at_s: float
    epoch: Epoch
    holder: RegionName


@dataclass(frozen=True, slots=True)
class ReconcileStarted:
    """These four name orders by their key, and never a person."""

    at_s: float
    store: str
    epoch: Epoch
    orders: int  # that something will be done with


@dataclass(frozen=True, slots=True)
class ReconcileActing:
    at_s: float
    store: str
    order_key: str
    rule: str
    do: str


@dataclass(frozen=True, slots=True)
class ReconcileActed:
    at_s: float
    store: str
    order_key: str
    did: str
    order_id: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class ReconcileFinished:
    at_s: float
    store: str
    done: int
    failed: int
    remaining: int  # orders that still need something


Event = (
    VerdictChanged
    | OperatorSaid
    | PlanStarted
    | StepStarted
    | StepDone
    | StepFailed
    | StepSkipped
    | PlanFinished
    | PlanStuck
    | PlanAborted
    | Granted
    | ReconcileStarted
    | ReconcileActing
    | ReconcileActed
    | ReconcileFinished
)

KINDS: dict[str, type[Any]] = {
    "verdict": VerdictChanged,
    "operator": OperatorSaid,
    "plan_started": PlanStarted,
    "step_started": StepStarted,
    "step_done": StepDone,
    "step_failed": StepFailed,
    "step_skipped": StepSkipped,
    "plan_finished": PlanFinished,
    "plan_stuck": PlanStuck,
    "plan_aborted": PlanAborted,
    "granted": Granted,
    "reconcile_started": ReconcileStarted,
    "reconcile_acting": ReconcileActing,
    "reconcile_acted": ReconcileActed,
    "reconcile_finished": ReconcileFinished,
}
_NAMES = {event: kind for kind, event in KINDS.items()}


def to_json(event: Event) -> str:
    body: dict[str, Any] = {"kind": _NAMES[type(event)], **asdict(event)}
    if isinstance(event, PlanStarted):
        body["plan"] = event.plan.for_storage() | {"checksum": event.plan.checksum}
    return json.dumps(body)


def from_json(text: str) -> Event:
    """Refused for a line that is none of ours: acting on half a journal is worse than not acting."""
    try:
        body: dict[str, Any] = json.loads(text)
        event = KINDS[body.pop("kind")]
        known = {one.name for one in fields(event)}
        body = {name: value for name, value in body.items() if name in known}
        if event is PlanStarted:
            plan = {name: value for name, value in body["plan"].items() if name != "checksum"}
            body["plan"] = Plan.from_storage(plan)
        elif "step" in body and event is not OperatorSaid:
            body["step"] = StepKind(body["step"])
        if "left" in body:
            body["left"] = tuple(body["left"])
        made: Event = event(**body)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(
            f"A line of the journal cannot be read ({error}): {text[:120]}",
            "Carry on with the version of farshore that wrote it.",
        ) from error
    return made
