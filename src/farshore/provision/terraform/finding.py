"""What the guard finds in a plan, and what follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    VIOLATION = "violation"  # the store would be hurt: exit 1
    UNKNOWN = "unknown"  # it might be, and the plan does not say: exit 2
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    level: Level
    rule: str
    address: str
    sentence: str

    def as_json(self) -> dict[str, str]:
        return {"level": self.level, "rule": self.rule, "address": self.address, "sentence": self.sentence}


def exit_code(findings: Sequence[Finding]) -> int:
    levels = {finding.level for finding in findings}
    if Level.VIOLATION in levels:
        return 1
    return 2 if Level.UNKNOWN in levels else 0
