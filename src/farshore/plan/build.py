"""Builders: one function for each kind of plan, from values to a plan."""

from farshore.model.group import Group
from farshore.model.permit import Gate
from farshore.model.region import Epoch, RegionName
from farshore.plan import limits
from farshore.plan.endings import confirm_dns, report, verify
from farshore.plan.plan import HOLD_PREFIX, Plan, PlanKind
from farshore.plan.step import Step
from farshore.plan.step import StepKind as K

_PROMOTION_S = limits.PROMOTION_MAX_S


def failover(
    group: Group,
    epoch: Epoch,
    from_region: RegionName,
    *,
    id: str = "",
    old_database_reachable: bool = False,
    accept_loss: bool = False,
    rule: str = "",
    because: str = "",
) -> Plan:
    """The writer in `from_region` is lost. `epoch` is the one to grant.

    Promotion waits for the proved fence or, where something enforces the permit, until that has run out. Where nothing
    does, `allow_unfenced` may say otherwise when nobody answers at the old database. Powered off app servers are a
    proof too, where they may be powered off; nothing waits for them that would not wait for the fence.
    `accept_loss`: the operator accepts what the standby lacks. Two writers he does not accept: the fence is proved.
    """
    gated = group.permit.gate is not Gate.NONE
    may_skip = group.allow_unfenced and not accept_loss
    unfenced = gated or (may_skip and not old_database_reachable)
    fenced_first, either = _proofs(group, may_skip, unfenced)
    patience, poll = group.thresholds.fence_patience_s, limits.ATTEMPTS_POLL_MAX
    steps = (
        *(_revoke_and_wait(group) if gated else ()),
        Step(K.FENCE_APP, attempts_max=3, attempt_s=patience, deadline_s=patience, optional=True),
        _fence_database(group, may_skip, old_database_reachable),
        *_further_fences(group, K.FENCE_HOSTS not in either or gated),
        Step(K.SWITCH_DNS, attempts_max=poll, attempt_s=10.0, deadline_s=limits.DNS_MAX_S),
        Step(
            K.PREPARE_PROMOTION,
            fenced_first,
            either,
            attempts_max=limits.ATTEMPTS_WRITE_MAX,
            deadline_s=10.0,
            optional=True,
        ),
        Step(K.PROMOTE, (K.PREPARE_PROMOTION, *fenced_first), either, poll, attempt_s=10.0, deadline_s=_PROMOTION_S),
        Step(K.AWAIT_WRITABLE, (K.PROMOTE,), attempts_max=poll, attempt_s=30.0, deadline_s=_PROMOTION_S),
        Step(K.RAISE_EPOCH, (K.AWAIT_WRITABLE,), attempts_max=poll),
        Step(K.JUMP_IDS, (K.AWAIT_WRITABLE,), attempts_max=poll, attempt_s=15.0),
        Step(K.GRANT, (*((K.REVOKE,) if gated else ()), K.RAISE_EPOCH, K.JUMP_IDS), attempts_max=poll),
        Step(K.OPEN_CHECKOUT, (K.GRANT,), attempts_max=poll),
        verify(),
        confirm_dns(),
    )
    return Plan(
        id=id or f"failover-{epoch}",
        kind=PlanKind.FAILOVER,
        group=group.name,
        epoch=epoch,
        from_region=from_region,
        to_region=group.other(from_region).region,
        steps=(*steps, report(steps)),
        rule=rule,
        because=because,
    )


def _proofs(group: Group, may_skip: bool, unfenced: bool) -> tuple[tuple[K, ...], tuple[K, ...]]:
    """What promotion waits for: (every one of these, whether done or given up; besides, one of those done)."""
    hosts = (K.FENCE_HOSTS,) if group.fences.hosts else ()
    if group.permit.gate is not Gate.NONE:
        return (), (K.FENCE_DATABASE, K.AWAIT_PERMIT, *hosts)
    if hosts and not may_skip:
        return (), (K.FENCE_DATABASE, *hosts)
    # Orders committed until the fence must reach the standby, so its relay log is drained after the fence.
    return (() if unfenced else (K.FENCE_DATABASE,)), ()


def _fence_database(group: Group, may_skip: bool, reachable: bool) -> Step:
    """Allowed to go unfenced, patience is short and the fence is kept at after the plan; else it has to be proved.

    Where the permit runs out, the fence is tried as long as that takes: it may be the quicker proof. Where app servers
    may be powered off, a database that nobody reaches is given up soon: those are the quicker proof then.
    """
    patience = group.thresholds.fence_patience_s if may_skip else limits.FENCE_MAX_S
    if group.permit.gate is not Gate.NONE:
        patience, may_skip = max(group.thresholds.fence_patience_s, group.permit.wait_s), True
    if group.fences.hosts:
        patience, may_skip = (patience if reachable else group.thresholds.fence_patience_s), True
    return Step(
        K.FENCE_DATABASE,
        attempts_max=limits.ATTEMPTS_POLL_MAX,
        retry_max_s=0.4 if may_skip else 2.0,
        attempt_s=patience,
        deadline_s=patience,
        optional=may_skip,
    )


def _further_fences(group: Group, optional: bool) -> tuple[Step, ...]:
    """`optional`: promotion has something else to wait for than powered off app servers, or waits for nothing."""
    after, poll = (K.FENCE_DATABASE,), limits.ATTEMPTS_POLL_MAX
    network = Step(K.FENCE_NETWORK, after, attempts_max=poll, deadline_s=limits.FENCE_NETWORK_MAX_S, optional=True)
    hosts = Step(
        K.FENCE_HOSTS,
        after,
        attempts_max=2 * poll,
        attempt_s=10.0 + group.permit.commit_s,
        deadline_s=limits.POWER_OFF_MAX_S,
        optional=optional,
    )
    return (*((network,) if group.fences.network else ()), *((hosts,) if group.fences.hosts else ()))


def _revoke_and_wait(group: Group) -> tuple[Step, Step]:
    wait_s = group.permit.wait_s + 5.0
    poll = limits.ATTEMPTS_POLL_MAX
    return (
        Step(K.REVOKE, attempts_max=poll, deadline_s=limits.REVOKE_MAX_S),
        Step(K.AWAIT_PERMIT, (K.REVOKE,), attempts_max=poll, attempt_s=wait_s, deadline_s=10 * wait_s),
    )


def _patient(kind: K, *after: K) -> Step:
    """The region that is reopened may still be dead; its door opens when it comes back, not when somebody types."""
    attempts_max = int(limits.REOPEN_MAX_S / limits.REOPEN_RETRY_S)
    return Step(
        kind, after, attempts_max=attempts_max, retry_max_s=limits.REOPEN_RETRY_S, deadline_s=limits.REOPEN_MAX_S
    )


def reopen(group: Group, epoch: Epoch, holder: RegionName, *, id: str = "", because: str = "") -> Plan:
    """After an abort: agents have seen the aborted epoch, so the holder gets a larger one, its users and its door."""
    steps = (
        Step(K.SWITCH_DNS, attempts_max=limits.ATTEMPTS_POLL_MAX, attempt_s=10.0, deadline_s=limits.DNS_MAX_S),
        Step(K.FENCE_APP, attempts_max=3, attempt_s=2.0, deadline_s=5.0, optional=True),
        _patient(K.RAISE_EPOCH),
        _patient(K.GRANT, K.RAISE_EPOCH),
        _patient(K.OPEN_CHECKOUT, K.GRANT),
        confirm_dns(),
    )
    return Plan(
        id=id or f"reopen-{epoch}",
        kind=PlanKind.REOPEN,
        group=group.name,
        epoch=epoch,
        from_region=group.other(holder).region,
        to_region=holder,
        steps=(*steps, report(steps)),
        because=because,
    )


def hold(group: Group, epoch: Epoch, writer: RegionName) -> Plan:
    """No plan at all: what keeps the world as the grant says. Its steps are tried each tick, in any order."""
    return Plan(
        id=f"{HOLD_PREFIX}{epoch}",
        kind=PlanKind.HOLD,
        group=group.name,
        epoch=epoch,
        from_region=group.other(writer).region,
        to_region=writer,
        steps=(
            Step(K.FENCE_APP, attempt_s=3.0, optional=True),
            Step(K.FENCE_DATABASE, attempt_s=5.0, optional=True),
            Step(K.OPEN_CHECKOUT, attempt_s=3.0, optional=True),
        ),
    )
