"""The planned change of the writer: a graph in which nothing is begun before it is certain that nothing is lost.

A failback is a switchover home; there is no other difference.
"""

from farshore.model.group import Group
from farshore.model.region import Epoch, RegionName
from farshore.plan import limits
from farshore.plan.endings import confirm_dns, report, verify
from farshore.plan.plan import Plan, PlanKind
from farshore.plan.step import Step
from farshore.plan.step import StepKind as K


def switchover(
    group: Group, epoch: Epoch, from_region: RegionName, *, id: str = "", rule: str = "", because: str = ""
) -> Plan:
    """Both regions are well. `epoch` is the one to grant. Until the grant an abort gives the holder its door back."""
    poll = limits.ATTEMPTS_POLL_MAX
    steps = (
        Step(K.CLOSE_CHECKOUT, attempts_max=3, attempt_s=group.permit.soft_s + 2.0, optional=True),
        Step(K.FENCE_APP, (K.CLOSE_CHECKOUT,), attempts_max=limits.ATTEMPTS_WRITE_MAX),
        Step(K.REVOKE, (K.CLOSE_CHECKOUT,), attempts_max=poll, deadline_s=limits.REVOKE_MAX_S),
        Step(
            K.FENCE_DATABASE,
            (K.FENCE_APP, K.REVOKE),
            attempts_max=poll,
            attempt_s=limits.FENCE_MAX_S,
            deadline_s=limits.FENCE_MAX_S,
        ),
        Step(K.DRAIN, (K.FENCE_DATABASE,), attempts_max=poll, attempt_s=10.0, deadline_s=limits.DRAIN_MAX_S),
        Step(K.PROMOTE, (K.DRAIN,), attempts_max=poll, attempt_s=10.0, deadline_s=limits.PROMOTION_MAX_S),
        Step(K.AWAIT_WRITABLE, (K.PROMOTE,), attempts_max=poll, attempt_s=30.0, deadline_s=limits.PROMOTION_MAX_S),
        Step(K.RAISE_EPOCH, (K.AWAIT_WRITABLE,), attempts_max=poll),
        Step(K.GRANT, (K.RAISE_EPOCH,), attempts_max=poll),
        Step(K.OPEN_CHECKOUT, (K.GRANT,), attempts_max=poll),
        verify(),
        # Visitors are handed over until then: the record may follow when the other door is open.
        Step(K.SWITCH_DNS, (K.GRANT,), attempts_max=poll, attempt_s=10.0, deadline_s=limits.DNS_MAX_S),
        confirm_dns(),
    )
    return Plan(
        id=id or f"switchover-{epoch}",
        kind=PlanKind.SWITCHOVER,
        group=group.name,
        epoch=epoch,
        from_region=from_region,
        to_region=group.other(from_region).region,
        steps=(*steps, report(steps)),
        rule=rule,
        because=because,
    )
