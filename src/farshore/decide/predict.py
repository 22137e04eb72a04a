"""Always on: what would happen if the writer died this moment, and at what cost."""

from dataclasses import replace

from farshore.decide.facts import Consent, derive
from farshore.decide.observation import Observation
from farshore.decide.quorum import Gate
from farshore.decide.table import decide
from farshore.model.group import Group
from farshore.model.permit import Gate as PermitGate
from farshore.model.verdict import Would

PROMOTION_UNMEASURED_S = 30.0  # said until this group has measured one: DigitalOcean documents no figure
STEPS_S = 1.0  # everything from the verdict to the first order but the promotion
CAVEAT = "If the old database does not answer it cannot be fenced, and the plan stops before promotion and asks you."
_WORDS = (Consent.ORDERED, Consent.PLANNED, Consent.FORCED, Consent.APPROVED)
SEND_DELAY_S = 0.05  # a row is on its way for half a round trip (facts: 65 ms between regions) and a send


def would(seen: Observation, group: Group) -> Would:
    """Predicted from today's facts with one change: the writer's door is shut for everybody."""
    facts = derive(seen, group)
    word = Consent.ALONE if facts.consent in _WORDS else facts.consent
    verdict = decide(replace(facts, primary=Gate.SHUT, consent=word))
    limits = group.thresholds
    detection = limits.down_after * limits.interval_s + limits.timeout_s
    promotion = PROMOTION_UNMEASURED_S if seen.last_promotion_s is None else seen.last_promotion_s
    if group.permit.gate is not PermitGate.NONE:
        fence = max(0.0, group.permit.wait_s - detection)  # it runs out while the writer's death is made sure of
    else:
        fence = limits.fence_patience_s if not group.allow_unfenced else 0.0
    at_risk = None if seen.marker.behind_s is None else seen.marker.behind_s + SEND_DELAY_S
    orders = None if at_risk is None or seen.orders_per_s is None else at_risk * seen.orders_per_s
    caveat = "" if group.allow_unfenced or group.permit.gate is not PermitGate.NONE else CAVEAT
    return Would(verdict, detection + fence + STEPS_S + promotion, at_risk, orders, caveat)
