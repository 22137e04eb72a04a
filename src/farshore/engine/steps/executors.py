"""What can be ordered can be done: exactly one executor for each kind of step; a test holds both directions."""

from farshore.engine.steps import (
    await_permit,
    await_writable,
    close_checkout,
    confirm_dns,
    drain,
    fence_app,
    fence_database,
    grant,
    jump_ids,
    open_checkout,
    prepare_promotion,
    promote,
    raise_epoch,
    report,
    revoke,
    switch_dns,
    verify,
)
from farshore.engine.steps.context import Executor
from farshore.plan.step import StepKind

EXECUTORS: dict[StepKind, Executor] = {
    StepKind.CLOSE_CHECKOUT: close_checkout.perform,
    StepKind.DRAIN: drain.perform,
    StepKind.REVOKE: revoke.perform,
    StepKind.AWAIT_PERMIT: await_permit.perform,
    StepKind.FENCE_APP: fence_app.perform,
    StepKind.FENCE_DATABASE: fence_database.perform,
    StepKind.SWITCH_DNS: switch_dns.perform,
    StepKind.PREPARE_PROMOTION: prepare_promotion.perform,
    StepKind.PROMOTE: promote.perform,
    StepKind.AWAIT_WRITABLE: await_writable.perform,
    StepKind.RAISE_EPOCH: raise_epoch.perform,
    StepKind.JUMP_IDS: jump_ids.perform,
    StepKind.GRANT: grant.perform,
    StepKind.OPEN_CHECKOUT: open_checkout.perform,
    StepKind.VERIFY: verify.perform,
    StepKind.CONFIRM_DNS: confirm_dns.perform,
    StepKind.REPORT: report.perform,
}
