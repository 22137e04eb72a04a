"""What a drill found, as a value: everything that report.json, the page and the terminal print comes from here."""

from dataclasses import asdict, dataclass
from typing import Any

from farshore.drills.aftermath import Aftermath
from farshore.drills.machine import Machine
from farshore.drills.orders import Fate
from farshore.drills.reconciled import Reconciled
from farshore.drills.sides import Sides
from farshore.drills.stages import Course
from farshore.drills.stopwatch import Clocks, rounded
from farshore.drills.turns import Turn
from farshore.drills.verdict import Decision


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under which the figures hold; printed in every report, because a figure without them means nothing."""

    drill: str
    engine: str
    fault: str
    from_region: str
    to_region: str
    promote_delay_s: float  # how long the lab's provider takes to promote
    time_scale: float  # how long the lab's provider takes for everything else, of DigitalOcean's usual
    allow_unfenced: bool
    ttl_s: int
    at: str  # wall clock, for people
    failover_by: str = "farshore"


@dataclass(frozen=True, slots=True)
class Result:
    conditions: Conditions
    clocks: Clocks
    course: Course
    fate: Fate
    problems: tuple[str, ...] = ()  # of the drill itself: what could not be measured
    sides: Sides | None = None
    decision: Decision | None = None
    after: Aftermath | None = None
    failed_pages: int = 0  # of everybody, after the fault
    failed_checkouts: int | None = None  # the same; None: some may fail
    planned: bool = False
    machine: Machine | None = None
    turns: tuple[Turn, ...] = ()
    reconciled: Reconciled | None = None

    @property
    def may_stay(self) -> bool:
        """No new epoch is needed for this drill to pass."""
        return self.decision is not None and 0 in self.decision.moves

    @property
    def verdict_to_order_s(self) -> float | None:
        return _less(self.clocks.first_order_s, self.course.verdict_s)

    @property
    def own_s(self) -> float | None:
        """What farshore itself took: from its verdict to a customer's first order, less the provider's promotion."""
        return _less(self.verdict_to_order_s, self.course.promotion_s)

    @property
    def failings(self) -> tuple[str, ...]:
        """Why the drill is not passed, a sentence each."""
        clocks, fate = self.clocks, self.fate
        found = list(self.problems)
        if clocks.browse.closed_s is None:
            found.append("Pages did not come back.")
        if clocks.buy.closed_s is None:
            found.append("Checkout did not come back.")
        if clocks.first_order_s is None and not self.may_stay:
            found.append("No order was acknowledged under a new epoch.")
        if self.overlap_s > 0:
            found.append(f"Two regions took orders at the same time for {self.overlap_s:.3f} s.")
        for name, orders in (("lost", fate.lost), ("doubled", fate.doubled), ("damaged", fate.damaged)):
            if orders:
                found.append(f"{len(orders)} acknowledged {_plural(len(orders))} {name}.")
        if (fate.lost or fate.damaged) and not fate.beyond_replication:
            found.append("That was acknowledged in the instant before the fault, and had not crossed whole yet.")
        if not fate.acknowledged:
            found.append("No order was acknowledged at all, so nothing is proved.")
        found += self._unplanned() if self.planned else []
        if self.failed_checkouts:
            found.append(f"{self.failed_checkouts} checkouts failed although the writer was well all the time.")
        for part in (self.sides, self.decision, self.after, self.reconciled, *self.turns):
            found += part.failings if part is not None else ()
        return tuple(found)

    def _unplanned(self) -> list[str]:
        """What only a planned move must not cost."""
        found = [f"{self.failed_pages} page views failed in a planned move."] if self.failed_pages else []
        if self.fate.divergent:
            found.append(f"{len(self.fate.divergent)} orders stayed behind in a planned move.")
        return found

    @property
    def overlap_s(self) -> float:
        """By the databases' rows, where those were read."""
        return self.clocks.writers_overlap_s if self.sides is None else self.sides.overlap_s

    @property
    def passed(self) -> bool:
        return not self.failings

    def to_json(self) -> dict[str, Any]:
        clocks, fate, course, told = self.clocks, self.fate, self.course, self.conditions
        return {
            "drill": told.drill,
            "engine": told.engine,
            "passed": self.passed,
            "failings": list(self.failings),
            "browse_rto_s": rounded(clocks.browse.closed_s),
            "buy_rto_s": rounded(clocks.buy.closed_s),
            "browse_rto_cached_dns_s": rounded(clocks.browse_cached.closed_s),
            "buy_rto_cached_dns_s": rounded(clocks.buy_cached.closed_s),
            "promote_delay_s": told.promote_delay_s,
            "time_scale": told.time_scale,
            "allow_unfenced": told.allow_unfenced,
            "unfenced": course.unfenced,
            "fence": course.fence,
            "stages": [
                {"name": stage.name, "start_s": rounded(stage.start_s), "end_s": rounded(stage.end_s)}
                for stage in course.stages
            ],
            "orders": {
                "acknowledged": fate.acknowledged,
                "present": fate.present,
                "lost": list(fate.lost),
                "doubled": list(fate.doubled),
                "damaged": list(fate.damaged),
                "beyond_replication": fate.beyond_replication,
                "bought_twice": fate.bought_twice,
            },
            "writers_overlap_s": rounded(self.overlap_s),
            "suspected_s": rounded(course.suspected_s),
            "verdict_s": rounded(course.verdict_s),
            "verdict_rule": course.rule,
            "first_order_s": rounded(clocks.first_order_s),
            "promotion_s": rounded(course.promotion_s),
            "verdict_to_order_s": rounded(self.verdict_to_order_s),
            "verdict_to_first_order_less_promotion_s": rounded(self.own_s),
            "requests": {
                name: {"failed": outage.failed, "strays": outage.strays}
                for name, outage in (
                    ("browse", clocks.browse),
                    ("buy", clocks.buy),
                    ("browse_cached", clocks.browse_cached),
                    ("buy_cached", clocks.buy_cached),
                )
            },
            "conditions": asdict(told),
            "reconciliation": None if self.reconciled is None else self.reconciled.to_json(),
        } | self._of_the_scene()

    def _of_the_scene(self) -> dict[str, Any]:
        """What a drill without an aftermath does not know."""
        if self.after is None or self.sides is None or self.decision is None:
            return {}
        divergent = [asdict(one) | {"acknowledged_s": rounded(one.acknowledged_s)} for one in self.fate.divergent]
        return {
            **self.sides.to_json(),
            **self.decision.to_json(),
            "divergent": divergent,
            "failed_pages": self.failed_pages,
            "then": [turn.to_json() for turn in self.turns],
            "machine": None if self.machine is None else self.machine.to_json(),
            "checkout_closed_s": rounded(_less(self.sides.first_ack_s, self.sides.last_ack_s)),
            "open_in": list(self.after.open_in),
            "ever_open": [list(regions) for regions in self.after.ever_open],
        }


def _less(later: float | None, earlier: float | None) -> float | None:
    return None if later is None or earlier is None else later - earlier


def _plural(count: int) -> str:
    return "order is" if count == 1 else "orders are"
