"""Builders: one function for each kind of plan, from values to a plan."""

from farshore.model.group import Group
from farshore.model.region import Epoch, RegionName
from farshore.plan import limits
from farshore.plan.plan import Plan, PlanKind
from farshore.plan.step import Step
from farshore.plan.step import StepKind as K


def failover(
    group: Group,
    epoch: Epoch,
    from_region: RegionName,
    *,
    id: str = "",
    old_database_reachable: bool = False,
    rule: str = "",
    because: str = "",
) -> Plan:
    """The writer in `from_region` is lost. `epoch` is the one to grant.

    Promotion waits for the proved fence, unless `allow_unfenced` says otherwise and nobody answers at the old database.
    """
    patience = group.thresholds.fence_patience_s
    unfenced = group.allow_unfenced and not old_database_reachable
    fence = Step(
        K.FENCE_DATABASE,
        attempts_max=limits.ATTEMPTS_POLL_MAX,
        attempt_s=patience if group.allow_unfenced else limits.FENCE_MAX_S,
        deadline_s=patience if group.allow_unfenced else limits.FENCE_MAX_S,
        optional=group.allow_unfenced,
    )
    promote_after = (K.PREPARE_PROMOTION,) if unfenced else (K.PREPARE_PROMOTION, K.FENCE_DATABASE)
    steps = (
        Step(K.FENCE_APP, attempts_max=3, attempt_s=patience, deadline_s=patience, optional=True),
        fence,
        Step(K.SWITCH_DNS, attempts_max=limits.ATTEMPTS_POLL_MAX, attempt_s=10.0, deadline_s=limits.DNS_MAX_S),
        Step(K.PREPARE_PROMOTION, attempts_max=limits.ATTEMPTS_WRITE_MAX, deadline_s=10.0, optional=True),
        Step(K.PROMOTE, promote_after, limits.ATTEMPTS_POLL_MAX, attempt_s=10.0, deadline_s=limits.PROMOTION_MAX_S),
        Step(
            K.AWAIT_WRITABLE,
            (K.PROMOTE,),
            attempts_max=limits.ATTEMPTS_POLL_MAX,
            attempt_s=30.0,
            deadline_s=limits.PROMOTION_MAX_S,
        ),
        Step(K.RAISE_EPOCH, (K.AWAIT_WRITABLE,), attempts_max=limits.ATTEMPTS_POLL_MAX),
        Step(K.JUMP_IDS, (K.AWAIT_WRITABLE,), attempts_max=limits.ATTEMPTS_POLL_MAX, attempt_s=15.0),
        Step(K.GRANT, (K.RAISE_EPOCH, K.JUMP_IDS), attempts_max=limits.ATTEMPTS_POLL_MAX),
        Step(K.OPEN_CHECKOUT, (K.GRANT,), attempts_max=limits.ATTEMPTS_POLL_MAX),
        Step(
            K.VERIFY,
            (K.OPEN_CHECKOUT,),
            attempts_max=limits.ATTEMPTS_POLL_MAX,
            attempt_s=10.0,
            deadline_s=limits.VERIFY_MAX_S,
        ),
        Step(
            K.CONFIRM_DNS,
            (K.SWITCH_DNS,),
            attempts_max=limits.ATTEMPTS_POLL_MAX,
            attempt_s=15.0,
            deadline_s=limits.DNS_MAX_S,
        ),
    )
    report = Step(K.REPORT, tuple(step.kind for step in steps), attempts_max=limits.ATTEMPTS_WRITE_MAX)
    to_region = group.other(from_region).region
    return Plan(
        id=id or f"failover-{epoch}",
        kind=PlanKind.FAILOVER,
        group=group.name,
        epoch=epoch,
        from_region=from_region,
        to_region=to_region,
        steps=(*steps, report),
        rule=rule,
        because=because,
    )
