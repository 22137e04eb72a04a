"""The old region becomes a standby again: what it alone has is kept, then its database is made anew from the writer's.

Nothing is deleted before the differences are on disk, and nothing that is not fenced. No epoch is granted by it.
"""

from farshore.model.group import Group
from farshore.model.region import Epoch, RegionName
from farshore.plan import limits
from farshore.plan.endings import report
from farshore.plan.plan import Plan, PlanKind
from farshore.plan.step import Step
from farshore.plan.step import StepKind as K


def rebuild(group: Group, epoch: Epoch, writer: RegionName, *, id: str = "", because: str = "") -> Plan:
    """`epoch` is the writer's: a database whose epoch row is larger refuses to be retired under it."""
    poll = limits.ATTEMPTS_POLL_MAX
    steps = (
        Step(K.KEEP_DIVERGENCE, attempts_max=5, attempt_s=limits.DIVERGENCE_MAX_S, deadline_s=limits.DIVERGENCE_MAX_S),
        Step(K.RETIRE_DATABASE, (K.KEEP_DIVERGENCE,), attempts_max=poll, deadline_s=limits.REBUILD_MAX_S),
        Step(
            K.CREATE_REPLICA,
            (K.RETIRE_DATABASE,),
            attempts_max=poll,
            retry_max_s=10.0,
            attempt_s=30.0,
            deadline_s=limits.REBUILD_MAX_S,
        ),
        Step(
            K.AWAIT_STANDBY,
            (K.CREATE_REPLICA,),
            attempts_max=poll,
            attempt_s=limits.REBUILD_MAX_S,
            deadline_s=limits.REBUILD_MAX_S,
        ),
    )
    return Plan(
        id=id or f"rebuild-{epoch}",
        kind=PlanKind.REBUILD,
        group=group.name,
        epoch=epoch,
        from_region=writer,
        to_region=group.other(writer).region,
        steps=(*steps, report(steps)),
        because=because,
    )
