"""Everything that was seen, with ages: the input of one tick's decision. The engine builds it, `facts` reads it."""

from dataclasses import dataclass, field
from enum import StrEnum

from farshore.model.grant import Grant
from farshore.model.operator import OperatorWord
from farshore.model.sighting import Sighting


class Fence(StrEnum):
    """What is known of the region that lost the grant last."""

    NOT_NEEDED = "not needed"  # nothing was ever failed over
    PROVED = "proved"
    PENDING = "pending"  # its database could still commit; tried again each tick


class PlanPhase(StrEnum):
    NONE = "none"
    RUNNING = "running"
    STUCK = "stuck"


@dataclass(frozen=True, slots=True)
class MarkerSeen:
    """How far the standby is behind, counted in markers: no two clocks are compared."""

    written: int | None = None  # sequence of this leader's last committed marker on the writer
    written_age_s: float | None = None
    read: int | None = None  # newest sequence seen on the standby
    read_age_s: float | None = None  # since the standby's database last answered
    interval_s: float = 1.0
    follows: bool = True  # the standby's database is a replica; False: it was promoted, and has a history of its own
    unwatched_s: float = 0.0  # between an earlier leader's last look and ours, when nothing of ours has passed yet

    @property
    def behind_s(self) -> float | None:
        """None: no marker of this leader has passed yet, and no earlier leader's is known."""
        if self.written is None or self.read is None:
            return None
        return max(0, self.written - self.read) * self.interval_s + self.unwatched_s


@dataclass(frozen=True, slots=True)
class Observation:
    grant: Grant
    leads: bool = False
    store_of_record_ok: bool = True
    sightings: tuple[Sighting, ...] = ()
    was_down: frozenset[tuple[str, str, str]] = frozenset()  # (vantage, door, region) called down and not yet up again
    marker: MarkerSeen = field(default_factory=MarkerSeen)
    plan: PlanPhase = PlanPhase.NONE
    operator: OperatorWord = field(default_factory=OperatorWord)
    down_for_s: float = 0.0  # since the writer was first found down by quorum: runs the veto window
    stale_ago_s: float | None = None  # since the marker was last too old, of this outage; None: it never was
    since_failover_s: float | None = None  # None: never
    fence: Fence = Fence.NOT_NEEDED
    well_for_s: float = 0.0  # both regions, away from home
    permit_for_s: float | None = None  # since this leader first saw the writer's permit renewed; None: not yet
    orders_per_s: float | None = None
    last_promotion_s: float | None = None  # measured by the last finished failover, if any
