"""What the controller may conclude. Pure values; nothing here can act."""

from dataclasses import dataclass
from enum import StrEnum


class Call(StrEnum):
    """What a verdict asks for."""

    STAY = "stay"  # the writer serves; do nothing
    WAIT = "wait"  # not certain, or not ours; look again next tick
    FAIL_OVER = "fail over"  # certain, safe, and ours to do
    SWITCH_OVER = "switch over"  # ordered, and nothing would be lost
    ASK_OPERATOR = "ask operator"  # certain, but not safe to do alone


@dataclass(frozen=True, slots=True)
class Verdict:
    """A call, the number of the rule that made it, and the sentence an operator reads."""

    call: Call
    rule: str
    because: str


@dataclass(frozen=True, slots=True)
class Would:
    """What would happen if the writer died now, and what that would cost."""

    verdict: Verdict
    predicted_s: float  # from the death to the first order in the other region
    at_risk_s: float | None  # orders acknowledged in the last so many seconds may be missing; None: not known
    orders_at_risk: float | None  # the same in orders; None while no rate of orders is known
    caveat: str = ""  # what could stop it half-way, in a sentence
