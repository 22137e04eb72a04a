"""The permit: the writer's leave to take orders for the next few seconds, and how long its absence must be waited out.

Source of the inequality: facts/reliability.md 2.4, checked in model/permit.pml. Counted by the holder from before it
sends a renewal, by the controller from after it has seen one; hence the error of both clocks and the time to commit.
"""

import json
from dataclasses import dataclass
from enum import StrEnum

from farshore.model.failure import Refused
from farshore.model.region import Epoch, RegionName


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
    wait_longer_s: float = 0.0  # an own W; `settings` refuses one that is too short

    @property
    def wait_min_s(self) -> float:
        return (1 + self.drift) * (self.d_s / (1 - self.drift) + self.commit_s + self.step_s)

    @property
    def wait_s(self) -> float:
        """W: after so long without a renewal that counted, nobody of the old epoch takes an order."""
        return max(self.wait_min_s, self.wait_longer_s)


PROFILES = {
    "fast": PermitTerms(d_s=3.0, renew_s=0.5, soft_s=1.5, commit_s=0.75, step_s=0.25),
    "default": PermitTerms(),
    "calm": PermitTerms(d_s=60.0, renew_s=5.0, soft_s=45.0, commit_s=5.0, step_s=2.0),
}


@dataclass(frozen=True, slots=True)
class Permit:
    """The group's permit as the store of record has it; shares its record with the grant, so that each change of
    either is one compare-and-swap."""

    epoch: Epoch
    holder: RegionName
    revoked: bool = False
    renewals: int = 0  # grows with each; a revoke returns it, and so says which renewal was the last
    witnesses: tuple[str, ...] = ()  # agents in every list of promisors told under this epoch; empty: none was told

    def to_json(self) -> str:
        return json.dumps(
            {
                "epoch": self.epoch,
                "holder": self.holder,
                "revoked": self.revoked,
                "renewals": self.renewals,
                "witnesses": self.witnesses,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> "Permit":
        """A record of a version without permits was never revoked nor renewed. Refused when it cannot be read."""
        try:
            body = json.loads(text)
            return cls(
                Epoch(int(body["epoch"])),
                RegionName(str(body["holder"])),
                bool(body.get("revoked", False)),
                int(body.get("renewals", 0)),
                tuple(str(name) for name in body.get("witnesses", ())),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Refused(
                f"The grant record cannot be read ({error}).", "Restore it from the journal's last `granted` line."
            ) from error
