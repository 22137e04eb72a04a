"""The permit: the writer's leave to take orders for the next few seconds, and how long its absence must be waited out.

Source of the inequality: facts/reliability.md 2.4, checked in model/permit.pml. Counted by the holder from before it
sends a renewal, by the controller from after it has seen one; hence the error of both clocks and the time to commit.
"""

from dataclasses import dataclass
from enum import StrEnum


class Gate(StrEnum):
    """What refuses an order, below the application, when the permit has run out."""

    TRIGGER = "trigger"  # in the database, with a locking read of the epoch row
    KERNEL = "kernel"  # nftables element with a timeout on the app servers' way to the database
    NONE = "none"  # nothing does: only a proved fence or an operator may go on


@dataclass(frozen=True, slots=True)
class PermitTerms:
    """Seconds. The names in brackets are those of the inequality W >= (1+r)(D/(1-r) + G + J)."""

    d_s: float = 15.0  # D: a renewal is good for so long, from before it was sent
    renew_s: float = 2.0
    soft_s: float = 10.0  # A: a checkout is admitted only with so much left; G is enforced within it
    commit_s: float = 2.0  # G: longest from the last check to the commit
    step_s: float = 1.0  # J: a step of the database's clock
    drift: float = 0.001  # r: error of a clock's rate; 1000 ppm is 20 times what NTP slews at worst here
    gate: Gate = Gate.TRIGGER

    @property
    def wait_s(self) -> float:
        """W: after so long without a renewal that counted, nobody of the old epoch takes an order."""
        return (1 + self.drift) * (self.d_s / (1 - self.drift) + self.commit_s + self.step_s)


PROFILES = {
    "fast": PermitTerms(d_s=3.0, renew_s=0.5, soft_s=1.5, commit_s=0.75, step_s=0.25),
    "default": PermitTerms(),
    "calm": PermitTerms(d_s=60.0, renew_s=5.0, soft_s=45.0, commit_s=5.0, step_s=2.0),
}
