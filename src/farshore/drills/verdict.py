"""What a scene wants decided, and what was: by rule number, from farshore's journal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from farshore.drills.scenes import Scene
from farshore.drills.stages import Line


@dataclass(frozen=True, slots=True)
class Decided:
    rule: str  # that began the first move after the fault; without one, the last that stood
    rules: tuple[str, ...]  # all that stood after the fault, in order
    moves: int  # how often the writer changed


@dataclass(frozen=True, slots=True)
class Decision:
    """Both, side by side."""

    moves: tuple[int, ...]
    rules: frozenset[str]
    because: str
    decided: Decided

    @property
    def failings(self) -> tuple[str, ...]:
        found, told = [], self.decided
        if told.moves not in self.moves:
            found.append(f"The writer moved {told.moves} times and not {times(self.moves)}: {self.because}.")
        if told.rule not in self.rules:
            wanted = " or ".join(sorted(self.rules))
            found.append(f"The verdict was {told.rule or 'none'}, and should have been {wanted}: {self.because}.")
        return tuple(found)

    def to_json(self) -> dict[str, Any]:
        return {
            "expected": {"moves": list(self.moves), "rules": sorted(self.rules), "because": self.because},
            "decided": {"rule": self.decided.rule, "rules": list(self.decided.rules), "moves": self.decided.moves},
        }


def times(moves: Sequence[int]) -> str:
    return " or ".join(str(count) for count in moves)


def decision(scene: Scene, journal: Sequence[Line], fault_s: float, offset_s: float) -> Decision:
    return Decision(scene.moves, scene.rules, scene.because, decided(journal, fault_s + offset_s))


def decided(journal: Sequence[Line], fault_at_s: float) -> Decided:
    """`fault_at_s` is on the journal's clock."""
    timed = [(float(line["at_s"]), line) for line in journal if "at_s" in line]
    verdicts = [(at, str(line["rule"])) for at, line in timed if line["kind"] == "verdict"]
    before = [rule for at, rule in verdicts if at < fault_at_s][-1:]
    after = [rule for at, rule in verdicts if at >= fault_at_s]
    moved = next((at for at, line in timed if at >= fault_at_s and _moves(line)), None)
    led = [rule for at, rule in verdicts if moved is None or at <= moved]
    grants = [str(line["holder"]) for at, line in timed if line["kind"] == "granted" and at >= fault_at_s]
    held = next(
        (str(line["holder"]) for at, line in reversed(timed) if line["kind"] == "granted" and at < fault_at_s), ""
    )
    changes = sum(one != other for one, other in zip([held, *grants], grants, strict=False))
    return Decided(led[-1] if led else "", (*before, *after), changes)


def _moves(line: Line) -> bool:
    """A plan that gives the writer to another region; others tidy up after one."""
    return line["kind"] == "plan_started" and line["plan"].get("kind") in ("failover", "switchover")
