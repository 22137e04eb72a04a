"""How every plan ends: seen from outside, and written down. Used by all builders."""

from collections.abc import Sequence

from farshore.plan import limits
from farshore.plan.step import Step
from farshore.plan.step import StepKind as K


def verify() -> Step:
    """Tried often: it ends the outage that shoppers see."""
    return Step(
        K.VERIFY,
        (K.OPEN_CHECKOUT,),
        attempts_max=limits.ATTEMPTS_VERIFY_MAX,
        retry_after_s=0.1,
        retry_max_s=0.5,
        attempt_s=10.0,
        deadline_s=limits.VERIFY_MAX_S,
    )


def confirm_dns() -> Step:
    poll = limits.ATTEMPTS_POLL_MAX
    return Step(K.CONFIRM_DNS, (K.SWITCH_DNS,), attempts_max=poll, attempt_s=15.0, deadline_s=limits.DNS_MAX_S)


def report(steps: Sequence[Step]) -> Step:
    return Step(K.REPORT, tuple(step.kind for step in steps), attempts_max=limits.ATTEMPTS_WRITE_MAX)
