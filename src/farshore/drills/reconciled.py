"""`farshore reconcile --apply` at the end of a drill, and what the orders were before it."""

from dataclasses import dataclass
from typing import Any

from farshore.drills.command import Progress
from farshore.drills.contestant import Contestant, Obedient
from farshore.drills.orders import Fate
from farshore.model.failure import Refused


@dataclass(frozen=True, slots=True)
class Reconciled:
    before: Fate
    failed: str = ""  # what it said when it ended badly

    @property
    def failings(self) -> tuple[str, ...]:
        return (f"`farshore reconcile --apply` failed: {self.failed}",) if self.failed else ()

    @property
    def counts(self) -> str:
        return f"{len(self.before.lost)}, {len(self.before.doubled)}, {len(self.before.damaged)}"

    def to_json(self) -> dict[str, Any]:
        return {
            "lost_before": list(self.before.lost),
            "doubled_before": list(self.before.doubled),
            "damaged_before": list(self.before.damaged),
        }


async def reconcile(contestant: Contestant, before: Fate, say: Progress) -> Reconciled:
    if not isinstance(contestant, Obedient):
        raise Refused(f"{contestant.name} takes no commands, so nothing can be reconciled with it.")
    say(f"before reconciliation: {len(before.lost)} lost, {len(before.doubled)} doubled, {len(before.damaged)} damaged")
    code, said = await contestant.obey("reconcile", "--apply", "--json")
    return Reconciled(before, "" if code == 0 else said[-300:])
