"""What the time of an outage was spent on, from farshore's journal: seconds after the fault.

The journal's clock is CLOCK_BOOTTIME; on a machine that did not sleep during the drill it runs with the ledger's
CLOCK_MONOTONIC, and `offset_s` (boottime minus monotonic, read in the drill) takes care of any sleep before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Line = Mapping[str, Any]  # one line of `farshore journal --json`
_PROOFS = {"fence_database": "proved", "fence_hosts": "powered off", "await_permit": "waited out"}


@dataclass(frozen=True, slots=True)
class Stage:
    name: str
    start_s: float
    end_s: float

    @property
    def took_s(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Course:
    """A failover as its controller tells it; None for what did not happen."""

    stages: tuple[Stage, ...]
    suspected_s: float | None  # first verdict after the fault that doubts the writer
    verdict_s: float | None  # the plan starts: nothing waits between the two
    promotion_s: float | None  # promote asked for -> a transaction of our own commits
    verified_s: float | None  # farshore's own order from outside was answered
    finished_s: float | None
    rule: str = ""
    fence: str = (
        ""  # how the old side was kept out: proved | powered off | waited out | none; empty: there was no failover
    )

    @property
    def unfenced(self) -> bool:
        """Promotion went on although the old side could still have taken orders."""
        return self.fence == "none"

    def stage(self, name: str) -> Stage | None:
        return next((stage for stage in self.stages if stage.name == name), None)


def course(journal: Sequence[Line], fault_s: float, offset_s: float) -> Course:
    """Of the first plan that started after the fault."""
    timed = [(float(line["at_s"]) - offset_s - fault_s, line) for line in journal if "at_s" in line]
    after = [(at, line) for at, line in timed if at >= 0]
    suspected = next((at for at, line in after if line["kind"] == "verdict" and line["call"] != "stay"), None)
    started = next(((at, line) for at, line in after if line["kind"] == "plan_started"), None)
    if started is None:
        stages = (Stage("suspect", 0.0, suspected),) if suspected is not None else ()
        return Course(stages, suspected, None, None, None, None)
    verdict_s, line = started
    plan = str(line["plan"]["id"])
    begun, ended, skipped = _steps(after, plan)
    steps = tuple(Stage(step, begun[step], ended[step]) for step in begun if step in ended)
    noticed = _noticing(suspected, verdict_s)
    rule = next((str(line["rule"]) for at, line in reversed(after) if _verdict_before(line, at, verdict_s)), "")
    return Course(
        stages=(*noticed, *sorted(steps, key=lambda stage: (stage.start_s, stage.end_s))),
        suspected_s=suspected,
        verdict_s=verdict_s,
        promotion_s=_between(begun.get("promote"), ended.get("await_writable")),
        verified_s=ended.get("verify"),
        finished_s=next((at for at, line in after if line["kind"] == "plan_finished" and line["plan"] == plan), None),
        rule=rule,
        fence=_fence(ended, skipped),
    )


def _steps(after: Sequence[tuple[float, Line]], plan: str) -> tuple[dict[str, float], dict[str, float], set[str]]:
    """(first start, end, given up) by step. A step that was tried again lasts from its first start."""
    begun: dict[str, float] = {}
    ended: dict[str, float] = {}
    skipped: set[str] = set()
    for at, line in after:
        if line.get("plan") != plan:
            continue
        if line["kind"] == "step_started":
            begun.setdefault(str(line["step"]), at)
        elif line["kind"] in ("step_done", "step_skipped"):
            ended.setdefault(str(line["step"]), at)
            if line["kind"] == "step_skipped":
                skipped.add(str(line["step"]))
    return begun, ended, skipped


def _fence(ended: dict[str, float], skipped: set[str]) -> str:
    """Whichever let the promotion begin: the earliest of those that are done."""
    done = {step: at for step, at in ended.items() if step in _PROOFS and step not in skipped}
    if not done:
        return "none" if "promote" in ended else ""
    return _PROOFS[min(done, key=lambda step: done[step])]


def _noticing(suspected: float | None, verdict_s: float) -> tuple[Stage, ...]:
    if suspected is None or suspected >= verdict_s:
        return (Stage("detect", 0.0, verdict_s),)
    return (Stage("suspect", 0.0, suspected), Stage("be sure", suspected, verdict_s))


def _verdict_before(line: Line, at: float, verdict_s: float) -> bool:
    return line["kind"] == "verdict" and at <= verdict_s


def _between(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else end - start
