"""The facts that the verdict table looks at, derived from an observation. Nothing else may influence a verdict."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product

from farshore.decide.observation import Observation, PlanPhase
from farshore.decide.quorum import Gate, gate
from farshore.model.group import Group, Mode
from farshore.model.operator import Word
from farshore.model.permit import Gate as PermitGate
from farshore.model.sighting import Door


class Consent(StrEnum):
    """How far automation may go on its own."""

    ALONE = "alone"  # mode auto, or the veto window of mode approve is over
    PENDING = "pending"  # mode approve: the veto window runs
    WITHHELD = "withheld"  # mode manual
    PAUSED = "paused"
    APPROVED = "approved"  # the operator agreed to what was asked
    ORDERED = "ordered"  # the operator said: fail over now
    PLANNED = "planned"  # the operator said: switch over, and lose nothing
    FORCED = "forced"  # the same, and accepted a named loss: what the standby lacks of a writer that serves


@dataclass(frozen=True, slots=True)
class Facts:
    store_of_record_ok: bool
    leads: bool
    plan: PlanPhase
    primary: Gate  # the worse of browse and buy, by quorum over vantage points
    standby_ready: bool
    marker_fresh: bool
    caught_up_just_now: bool  # fresh again after it was not, with the writer down: sightings are older than that
    cooling_down: bool
    consent: Consent
    homesick: bool  # the group goes home by itself, and all has been well for long enough


def every_combination() -> Iterator[Facts]:
    """All facts there can be; the table's test walks them."""
    booleans = (False, True)
    for values in product(
        booleans, booleans, PlanPhase, Gate, booleans, booleans, booleans, booleans, Consent, booleans
    ):
        yield Facts(*values)


def derive(seen: Observation, group: Group) -> Facts:
    """Pure: the same observation gives the same facts."""
    limits = group.thresholds
    writer, standby = seen.grant.holder, group.other(seen.grant.holder).region
    regions = (writer, standby)
    browse = gate(seen.sightings, Door.BROWSE, writer, regions, limits, seen.was_down)
    buy = gate(seen.sightings, Door.BUY, writer, regions, limits, seen.was_down)
    standby_browse = gate(seen.sightings, Door.BROWSE, standby, regions, limits, seen.was_down)
    database_answers = seen.marker.read_age_s is not None and seen.marker.read_age_s <= limits.fresh_s
    facts = Facts(
        store_of_record_ok=seen.store_of_record_ok,
        leads=seen.leads,
        plan=seen.plan,
        primary=Gate.CLOSED if _never_opened(browse, buy, seen, group) else worse(browse, buy),
        standby_ready=standby_browse is Gate.OPEN and database_answers and seen.marker.follows,
        marker_fresh=fresh_enough(seen, group),
        caught_up_just_now=seen.stale_ago_s is not None and seen.stale_ago_s <= limits.fresh_s,
        cooling_down=seen.since_failover_s is not None and seen.since_failover_s < limits.cool_down_s,
        consent=consent(seen, group),
        homesick=False,
    )
    after_s = group.failback_after_s
    sick = away_and_well(facts, seen, group) and after_s is not None and seen.well_for_s >= after_s
    return replace(facts, homesick=sick)


def fresh_enough(seen: Observation, group: Group) -> bool:
    behind = seen.marker.behind_s
    return behind is not None and behind <= group.thresholds.rpo_budget_s


def away_and_well(facts: Facts, seen: Observation, group: Group) -> bool:
    """Nothing would be lost by going home now, and nobody has said that automation may not."""
    well = facts.primary is Gate.OPEN and facts.standby_ready and facts.marker_fresh
    return well and facts.consent is Consent.ALONE and seen.grant.holder != group.first.region


def _never_opened(browse: Gate, buy: Gate, seen: Observation, group: Group) -> bool:
    """A checkout that waits for its first permit is closed, not dead: at the first start, and when nobody has renewed
    for a while. Whoever only looks at the door would fail over a healthy shop."""
    if group.permit.gate is PermitGate.NONE or buy not in (Gate.SHUT, Gate.SHUT_BY_FEW):
        return False
    if browse in (Gate.SHUT, Gate.SHUT_BY_FEW):
        return False
    limits = group.thresholds
    opens_s = (limits.down_after + 1) * limits.interval_s + limits.timeout_s  # looks from before the permit have gone
    return seen.permit_for_s is None or seen.permit_for_s < opens_s


_SEVERITY = (Gate.OPEN, Gate.UNSEEN, Gate.DISPUTED, Gate.SHUT_BY_FEW, Gate.SHUT)


def worse(one: Gate, other: Gate) -> Gate:
    """Shops die by halves: a page that opens says nothing of a checkout that fails."""
    return max(one, other, key=_SEVERITY.index)


def consent(seen: Observation, group: Group) -> Consent:
    """The operator's word first, then the mode."""
    if seen.operator.word is Word.FAILOVER:
        return Consent.FORCED if seen.operator.accept_loss else Consent.ORDERED
    if seen.operator.word is Word.SWITCHOVER:
        return Consent.PLANNED
    if seen.operator.word is Word.APPROVE:
        return Consent.APPROVED
    if seen.operator.paused:
        return Consent.PAUSED
    if group.mode is Mode.MANUAL:
        return Consent.WITHHELD
    if group.mode is Mode.APPROVE and seen.down_for_s < group.thresholds.veto_s:
        return Consent.PENDING
    return Consent.ALONE
