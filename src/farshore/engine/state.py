"""Everything the machine remembers. A frozen value: the simulator copies it, crash tests throw it away."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from farshore.decide.observation import Fence, MarkerSeen, Observation, PlanPhase
from farshore.decide.quorum import Seat
from farshore.model.grant import Grant
from farshore.model.group import Group
from farshore.model.operator import OperatorWord, Word
from farshore.model.region import Epoch, RegionName
from farshore.model.sighting import Sighting
from farshore.model.verdict import Verdict, Would
from farshore.plan.journal import OperatorSaid
from farshore.plan.ledger import Ledger
from farshore.plan.step import StepKind
from farshore.ports.app import AgentView

MARKER_INTERVAL_S = 1.0
LAG_MAX_S = 0.1  # a loop that is later than this judges nobody
FIRST_EPOCH = Epoch(1)


@dataclass(frozen=True, slots=True)
class Seen:
    """A sighting and when it reached us."""

    sighting: Sighting
    at_s: float

    def aged(self, now_s: float) -> Sighting:
        was = self.sighting
        age_s = was.age_s + max(0.0, now_s - self.at_s)
        return Sighting(was.vantage, was.place, was.door, was.region, was.ok, was.streak, age_s, was.why)


@dataclass(frozen=True, slots=True)
class Markers:
    """This leader's markers under the current grant."""

    first: int | None = None  # markers below it are another leader's and prove nothing now
    written: int | None = None
    written_at_s: float | None = None
    failing: str = ""  # why the last write failed; empty: it did not
    read: int | None = None
    read_at_s: float | None = None
    follows: bool = True
    unwatched_s: float = 0.0  # an earlier leader's markers are worth less by the time in which nobody watched

    def seen(self, now_s: float) -> MarkerSeen:
        return MarkerSeen(
            self.written,
            None if self.written_at_s is None else now_s - self.written_at_s,
            self.read,
            None if self.read_at_s is None else now_s - self.read_at_s,
            MARKER_INTERVAL_S,
            self.follows,
            self.unwatched_s,
        )


@dataclass(frozen=True, slots=True)
class State:
    group: Group
    name: str  # this controller's own: its looks are marked with it
    term: int = 0
    leads_until_s: float = float("-inf")
    loaded: bool = False  # journal and grant were read under this term, and nothing failed since
    loaded_at_s: float = 0.0
    store_ok: bool = True
    grant: Grant | None = None
    ledger: Ledger = field(default_factory=Ledger)
    in_flight: frozenset[tuple[str, StepKind]] = frozenset()
    operator: OperatorWord = field(default_factory=OperatorWord)
    seen: Mapping[Seat, Seen] = field(default_factory=dict)
    views: Mapping[tuple[RegionName, str], AgentView | None] = field(default_factory=dict)  # None: silent
    was_down: frozenset[Seat] = frozenset()
    down_since_s: float | None = None
    stale_at_s: float | None = None  # when the marker was last too old, while the writer was down
    well_since_s: float | None = None  # both regions, away from home
    markers: Markers = field(default_factory=Markers)
    renewed_since_s: float | None = None  # when the current grant's permit was first seen renewed
    renewed_at_s: float = float("-inf")
    fence_tried_s: float = float("-inf")  # when an unproved fence was last kept at
    asked_at_s: Mapping[str, float] = field(default_factory=dict)  # by rule, when people were last told that it asks
    verdict: Verdict | None = None
    verdict_since_s: float = 0.0
    would: Would | None = None
    exposed_since_s: float | None = None  # since when journal entries wait for the other region
    exposed_told: bool = False

    def leads(self, now_s: float) -> bool:
        return now_s < self.leads_until_s

    def standing(self, now_s: float) -> OperatorSaid | None:
        """The operator's approval or order that has neither been used nor lapsed."""
        said = self.ledger.standing
        return said if said is not None and said.at_s <= now_s < said.at_s + said.stands_s else None

    @property
    def phase(self) -> PlanPhase:
        if not self.ledger.active:
            return PlanPhase.NONE
        return PlanPhase.STUCK if self.ledger.stuck is not None else PlanPhase.RUNNING

    @property
    def fence(self) -> Fence:
        if self.ledger.unfenced:
            return Fence.PENDING
        failed_over = self.ledger.plan is not None and self.ledger.failover_at_s is not None
        return Fence.PROVED if failed_over and self.ledger.aborted is None else Fence.NOT_NEEDED


def observe(state: State, now_s: float, lag_s: float = 0.0) -> Observation:
    """What this controller knows at `now_s`. A late loop has no eyes of its own."""
    grant = state.grant or Grant(FIRST_EPOCH, state.group.first.region)
    blind = lag_s > LAG_MAX_S
    sightings = tuple(s.aged(now_s) for s in state.seen.values() if not (blind and s.sighting.vantage == state.name))
    since = state.ledger.failover_at_s
    if since is not None:
        # A line of an earlier boot has another clock: the cool-down then runs from when it was read.
        since = now_s - (since if since <= now_s else state.loaded_at_s)
    said = state.standing(now_s)
    return Observation(
        grant=grant,
        leads=state.leads(now_s),
        store_of_record_ok=state.store_ok and (state.loaded or not state.leads(now_s)),
        sightings=sightings,
        was_down=state.was_down,
        marker=state.markers.seen(now_s),
        plan=state.phase,
        operator=OperatorWord(
            word=Word(said.word) if said is not None else Word.NOTHING,
            who=said.who if said is not None else "",
            accept_loss=said is not None and said.accept_loss,
            paused=state.operator.paused,
            revision=state.operator.revision,
        ),
        down_for_s=0.0 if state.down_since_s is None else now_s - state.down_since_s,
        stale_ago_s=None if state.stale_at_s is None else now_s - state.stale_at_s,
        since_failover_s=since,
        well_for_s=0.0 if state.well_since_s is None else now_s - state.well_since_s,
        fence=state.fence,
        last_promotion_s=state.ledger.promotion_s,
        permit_for_s=None if state.renewed_since_s is None else now_s - state.renewed_since_s,
    )
