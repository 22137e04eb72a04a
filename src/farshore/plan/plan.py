"""A plan is a value: printed, approved by its checksum, carried out from the journal."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from farshore.model.failure import Refused
from farshore.model.region import Epoch, RegionName
from farshore.plan.step import SENTENCES, Step, StepKind

HOLD_PREFIX = "hold-"  # of the id of what is no plan; its epoch follows


def _kinds(step: Mapping[str, Any]) -> dict[str, tuple[StepKind, ...]]:
    """`after_any` is missing in a journal of a version that had none."""
    return {name: tuple(StepKind(kind) for kind in step.get(name, ())) for name in ("after", "after_any")}


class PlanKind(StrEnum):
    FAILOVER = "failover"  # unplanned: the writer is lost
    SWITCHOVER = "switchover"  # planned: nothing is lost
    REBUILD = "rebuild"  # the old region's database is made anew from the writer's
    REOPEN = "reopen"  # after an abort: the holder gets a new epoch and its door back
    HOLD = "hold"  # no plan at all: what keeps the world as the grant says (late fences, app servers that came back)


@dataclass(frozen=True, slots=True)
class Plan:
    id: str  # unique in the group's journal
    kind: PlanKind
    group: str
    epoch: Epoch  # the epoch that this plan grants
    from_region: RegionName
    to_region: RegionName
    steps: tuple[Step, ...]
    rule: str = ""  # the verdict that began it
    because: str = ""

    def step(self, kind: StepKind) -> Step:
        """KeyError when the plan has none of this kind."""
        for step in self.steps:
            if step.kind is kind:
                return step
        raise KeyError(kind)

    @property
    def moves(self) -> bool:
        """The writer changes by it."""
        return self.kind in (PlanKind.FAILOVER, PlanKind.SWITCHOVER)

    @property
    def kinds(self) -> tuple[StepKind, ...]:
        return tuple(step.kind for step in self.steps)

    @property
    def checksum(self) -> str:
        """Of what would be done; not of why or under which id, so that a printed plan equals the one carried out."""
        body = self.for_storage()
        for name in ("id", "rule", "because"):
            del body[name]
        return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:12]

    def for_storage(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_storage(cls, body: Mapping[str, Any]) -> "Plan":
        """Refused when the body is not a plan (a journal of another version, or edited by hand)."""
        try:
            steps = tuple(Step(**{**step, "kind": StepKind(step["kind"]), **_kinds(step)}) for step in body["steps"])
            return cls(**{**body, "kind": PlanKind(body["kind"]), "epoch": Epoch(int(body["epoch"])), "steps": steps})
        except (KeyError, TypeError, ValueError) as error:
            raise Refused(
                f"The journal holds a plan that cannot be read ({error}).",
                "Carry on with the version of farshore that wrote it.",
            ) from error

    def text(self) -> str:
        """As it is printed before anybody agrees to it."""
        lines = [f"{self.kind} of group {self.group} from {self.from_region} to {self.to_region}, epoch {self.epoch}"]
        for step in self.steps:
            sentence = SENTENCES[step.kind].format(lose=self.from_region, gain=self.to_region, epoch=self.epoch)
            either = (" or ".join(step.after_any),) if step.after_any else ()
            waits = f"  (after {', '.join((*step.after, *either))})" if step.after or either else ""
            best = "  [best effort]" if step.optional else ""
            lines.append(f"  {step.kind:<18} {sentence}{waits}{best}")
        lines.append(f"checksum {self.checksum}")
        return "\n".join(lines)
