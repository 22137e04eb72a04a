"""How long the shop was closed, and who took orders when: pure functions over the shoppers' ledger.

An outage ends with the first success after which the shop is stable. Two failures within STRAY_S belong to an outage
wherever they are; one failure by itself long after the fault is a stray and is counted, not hidden, because on a busy
machine a single slow answer three minutes later would otherwise read as a three-minute outage.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from farshore.drills.entry import BROWSE, BUY, CACHED, FRESH, Entry

STRAY_S = 10.0
CACHED_MARGIN_S = 15.0  # beyond a TTL: a request under way, a retry, and some quiet


@dataclass(frozen=True, slots=True)
class Outage:
    """Of one kind of request of one population, in seconds after the fault."""

    closed_s: float | None  # None: it never came back; 0: nothing failed
    failed: int  # requests that failed in the outage
    strays: int  # that failed by themselves, outside it

    @property
    def recovered(self) -> bool:
        return self.closed_s is not None


@dataclass(frozen=True, slots=True)
class Clocks:
    """The figures of a drill that shoppers can see."""

    browse: Outage
    buy: Outage
    browse_cached: Outage
    buy_cached: Outage
    first_order_s: float | None  # end of the first order that a new epoch acknowledged
    writers_overlap_s: float


def clocks(ledger: Sequence[Entry], fault_s: float) -> Clocks:
    return Clocks(
        browse=outage(ledger, fault_s, FRESH, BROWSE),
        buy=outage(ledger, fault_s, FRESH, BUY),
        browse_cached=outage(ledger, fault_s, CACHED, BROWSE),
        buy_cached=outage(ledger, fault_s, CACHED, BUY),
        first_order_s=first_order_s(ledger, fault_s),
        writers_overlap_s=writers_overlap_s(ledger),
    )


def outage(ledger: Iterable[Entry], fault_s: float, population: str, kind: str) -> Outage:
    """Requests that ended before the fault say nothing about it; those that were under way do."""
    after = [e for e in ledger if e.population == population and e.kind == kind and e.ended >= fault_s]
    if not after:
        return Outage(None, 0, 0)  # nobody came: that is no proof that the shop is open
    failures = sorted((e for e in after if not e.good), key=lambda e: e.started)
    times = [entry.started for entry in failures]
    belongs = [_belongs(index, times, fault_s) for index in range(len(times))]
    inside = [entry for entry, part in zip(failures, belongs, strict=True) if part]
    strays = len(failures) - len(inside)
    if not inside:
        return Outage(0.0, 0, strays)
    last = inside[-1].started
    ends = [e.ended for e in after if e.good and e.started >= last]
    return Outage(min(ends) - fault_s if ends else None, len(inside), strays)


def _belongs(index: int, times: Sequence[float], fault_s: float) -> bool:
    near_fault = times[index] <= fault_s + STRAY_S
    before = index > 0 and times[index] - times[index - 1] <= STRAY_S
    after = index + 1 < len(times) and times[index + 1] - times[index] <= STRAY_S
    return near_fault or before or after


def quiet_since(
    ledger: Iterable[Entry], begun_s: float, now_s: float, quiet_s: float, *, everybody: bool = False
) -> bool:
    """Whether for `quiet_s` no shopper failed and pages and orders both succeeded; `everybody`: the cached ones too."""
    populations = {FRESH, CACHED} if everybody else {FRESH}
    recent = [e for e in ledger if e.population in populations and e.ended > max(now_s - quiet_s, begun_s)]
    good = {(entry.population, entry.kind) for entry in recent if entry.good}
    wanted = {(population, kind) for population in populations for kind in (BROWSE, BUY)}
    return now_s - begun_s > quiet_s and good == wanted and all(entry.good for entry in recent)


def first_order_s(ledger: Iterable[Entry], fault_s: float) -> float | None:
    """The first order of an epoch larger than any acknowledged before the fault; None when there is none."""
    orders = [e for e in ledger if e.acknowledged]
    old = max((e.epoch for e in orders if e.ended < fault_s), default=0)
    ends = [e.ended for e in orders if e.epoch > old and e.ended >= fault_s]
    return min(ends) - fault_s if ends else None


def writers_overlap_s(ledger: Iterable[Entry]) -> float:
    """The longest time in which two writers (region and epoch) both acknowledged orders. 0 is the only good answer.

    Acknowledgements count when the customer had them. A region that comes back under a new epoch is another writer.
    """
    spans: dict[tuple[str, int], tuple[float, float]] = {}
    for entry in ledger:
        if entry.acknowledged:
            first, last = spans.get((entry.region, entry.epoch), (entry.ended, entry.ended))
            spans[entry.region, entry.epoch] = (min(first, entry.ended), max(last, entry.ended))
    overlaps = [min(a[1], b[1]) - max(a[0], b[0]) for a, b in combinations(spans.values(), 2)]
    return max([0.0, *overlaps])


def rounded(seconds: float | None) -> float | None:
    """To the millisecond: what is beyond it is noise."""
    return None if seconds is None else round(seconds, 3)
