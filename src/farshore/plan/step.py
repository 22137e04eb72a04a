"""A plan's steps as a graph: what each does, what it waits for, and how often it may be tried."""

from dataclasses import dataclass
from enum import StrEnum


class StepKind(StrEnum):
    """What a step does. `engine.steps` has exactly one executor for each."""

    CLOSE_CHECKOUT = "close_checkout"  # politely: none is begun, and those that were may end
    DRAIN = "drain"  # until the standby shows the fence: it has everything that was committed before
    KEEP_DIVERGENCE = "keep_divergence"  # what the old writer alone has, to disk
    RETIRE_DATABASE = "retire_database"  # the old writer's database is deleted
    CREATE_REPLICA = "create_replica"  # of the writer, under the old name
    AWAIT_STANDBY = "await_standby"  # until a marker has passed
    REVOKE = "revoke"  # the permit in the store of record, and one promisor's acknowledgement
    AWAIT_PERMIT = "await_permit"  # until W has passed: what the old region still holds has run out
    FENCE_APP = "fence_app"  # the losing region's agents: role standby under the plan's epoch
    FENCE_DATABASE = "fence_database"  # epoch row, block, end sessions, prove
    FENCE_NETWORK = "fence_network"  # the losing region's database admits nobody but us, when it could not be fenced
    FENCE_HOSTS = "fence_hosts"  # the losing region's app servers powered off, when its database could not be fenced
    SWITCH_DNS = "switch_dns"  # the record to the gaining region's balancer: browsing comes back first
    PREPARE_PROMOTION = "prepare_promotion"  # drain the relay log, shorten PostgreSQL's retry sleep
    PROMOTE = "promote"
    AWAIT_WRITABLE = "await_writable"  # until a transaction of our own commits
    RAISE_EPOCH = "raise_epoch"  # the epoch row in the new writer, and its app users let in
    JUMP_IDS = "jump_ids"
    GRANT = "grant"  # the commit point
    OPEN_CHECKOUT = "open_checkout"
    VERIFY = "verify"  # an order from outside through the new door
    CONFIRM_DNS = "confirm_dns"
    REPORT = "report"


SENTENCES = {
    StepKind.KEEP_DIVERGENCE: "Keep as files what the database of {gain} has that {lose} never received",
    StepKind.RETIRE_DATABASE: "Delete the old database of {gain}, fenced and compared, for ever",
    StepKind.CREATE_REPLICA: "Have the provider make a replica of {lose} in {gain}, under the old name",
    StepKind.AWAIT_STANDBY: "Wait until a marker from {lose} is seen in {gain}",
    StepKind.CLOSE_CHECKOUT: "Begin no checkout in {lose} any more and let those that were begun end; carts stay",
    StepKind.DRAIN: "Wait until the standby database of {gain} shows the fence: it has every order then",
    StepKind.REVOKE: "Revoke the permit of {lose}: nobody there renews any more",
    StepKind.AWAIT_PERMIT: "Wait until the last permit of {lose} has run out, unless its database is fenced first",
    StepKind.FENCE_APP: "Tell the app servers of {lose} to stop taking orders (standby under epoch {epoch})",
    StepKind.FENCE_DATABASE: "Fence the database of {lose}: raise its epoch row, block the app, end sessions, prove it",
    StepKind.FENCE_NETWORK: "Admit nobody but this controller to the database of {lose}, unless that is fenced",
    StepKind.FENCE_HOSTS: "Power off the app servers of {lose}, unless its database is fenced",
    StepKind.SWITCH_DNS: "Point the stores' DNS records to {gain}: pages come back first",
    StepKind.PREPARE_PROMOTION: "Let the standby database of {gain} apply everything it has received",
    StepKind.PROMOTE: "Promote the standby database of {gain}",
    StepKind.AWAIT_WRITABLE: "Wait until the database of {gain} commits a transaction of our own",
    StepKind.RAISE_EPOCH: "Write epoch {epoch} into the database of {gain} and let the app's users in",
    StepKind.JUMP_IDS: "Move the id counters past what may be lost",
    StepKind.GRANT: "Grant epoch {epoch} to {gain}: the commit point",
    StepKind.OPEN_CHECKOUT: "Open the checkout on every app server of {gain}",
    StepKind.VERIFY: "Place an order from outside through the door of {gain}",
    StepKind.CONFIRM_DNS: "See the new address at the DNS authority",
    StepKind.REPORT: "Write the figures down and tell people",
}
"""What an operator reads. The runbook and the printed plan share them."""


@dataclass(frozen=True, slots=True)
class Step:
    kind: StepKind
    after: tuple[StepKind, ...] = ()
    after_any: tuple[StepKind, ...] = ()  # besides, one of these must be done, not skipped
    attempts_max: int = 5  # failures; a crash in between is none
    retry_after_s: float = 0.2  # doubled each time, up to `retry_max_s`
    retry_max_s: float = 2.0
    attempt_s: float = 5.0  # one attempt is cut off after this long, and its outcome then unknown
    deadline_s: float = 30.0  # since the first start; no attempt begins later
    optional: bool = False  # exhausted: skipped and tried again after the plan, instead of stuck
