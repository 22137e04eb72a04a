"""Farshore and Patroni under the same faults, as values: what each bout measured, ratios, the printed table.

A bout is one fault and one contestant. All figures are the shoppers' own, seconds after the fault.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from farshore.drills.orders import Fate
from farshore.drills.sides import Sides
from farshore.drills.stopwatch import Clocks, rounded

CRASH, CUT = "crash", "cut"
OURS = "farshore"
FAULTS = {
    CRASH: "the writer's region is killed",
    CUT: "the writer's region is cut off while people inside it go on buying",
}


@dataclass(frozen=True, slots=True)
class Bout:
    who: str  # OURS, or a profile's name
    told: str  # the same with its settings
    fault: str  # CRASH | CUT
    buy_s: float | None  # without checkout, for who asks the DNS each time; None: not while it was watched
    buy_cached_s: float | None  # for who keeps a DNS answer for its TTL
    first_order_s: float | None  # acknowledged by the other region
    overlap_s: float
    acknowledged: int  # by everybody, before and after the fault
    absent: int  # of them, not whole in the new writer's database
    absent_after: int  # of these, acknowledged after the fault
    kept: int  # of these, whole in the old database when all is mended
    doubled: int  # an order number that two customers were given, or an order that is there twice
    inside: int | None = None  # acknowledged by the old side after the cut
    inside_last_s: float | None = None
    late: int = 0  # acknowledged by the old side after the new one had begun

    def to_json(self) -> dict[str, Any]:
        return {
            "by": self.who, "settings": self.told, "fault": self.fault, "buy_rto_s": rounded(self.buy_s),
            "buy_rto_cached_dns_s": rounded(self.buy_cached_s), "first_order_s": rounded(self.first_order_s),
            "writers_overlap_s": rounded(self.overlap_s), "acknowledged": self.acknowledged,
            "absent_from_new_writer": self.absent, "absent_acknowledged_after_fault": self.absent_after,
            "absent_kept_in_old_database": self.kept, "lost_for_good": self.absent - self.kept,
            "doubled": self.doubled, "old_side_acknowledged_after_cut": self.inside,
            "old_side_last_ack_s": rounded(self.inside_last_s), "acknowledged_by_old_after_new": self.late,
        }  # fmt: skip


def bout(who: str, told: str, fault: str, clocks: Clocks, fate: Fate, sides: Sides | None) -> Bout:
    """From what any drill measures. Divergent orders that were kept are absent from the new writer like lost ones."""
    kept = [one for one in fate.divergent if one.kept]
    missing = [*fate.lost, *fate.damaged]
    return Bout(
        who=who,
        told=told,
        fault=fault,
        buy_s=clocks.buy.closed_s,
        buy_cached_s=clocks.buy_cached.closed_s,
        first_order_s=clocks.first_order_s,
        overlap_s=sides.overlap_s if sides is not None else clocks.writers_overlap_s,
        acknowledged=fate.acknowledged,
        absent=len(missing) + len(kept),
        absent_after=sum(one.acknowledged_s >= 0 for one in fate.divergent),
        kept=len(kept),
        doubled=len(fate.doubled),
        inside=sides.acknowledged if sides is not None else None,
        inside_last_s=sides.last_ack_s if sides is not None else None,
        late=len(sides.late) if sides is not None else 0,
    )


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times longer the shop was closed than with farshore, by medians; a bound where one never came back."""

    who: str
    fault: str
    times: float
    lower_bound: bool
    ours_s: float
    theirs_s: float
    runs: tuple[int, int]  # ours, theirs


@dataclass(frozen=True, slots=True)
class Versus:
    bouts: tuple[Bout, ...]
    watched_s: float
    problems: tuple[str, ...] = ()  # bouts that could not be played, and why

    def of(self, who: str, fault: str) -> list[Bout]:
        return [one for one in self.bouts if (one.who, one.fault) == (who, fault)]

    @property
    def rivals(self) -> list[str]:
        return list(dict.fromkeys(one.who for one in self.bouts if one.who != OURS))

    def ratio(self, who: str, fault: str) -> Ratio | None:
        """None when either has no bout, or farshore itself did not come back in one: then there is nothing to say."""
        ours, theirs = self.of(OURS, fault), self.of(who, fault)
        if not ours or not theirs or any(one.buy_s is None or one.buy_s <= 0 for one in ours):
            return None
        bound = any(one.buy_s is None for one in theirs)
        own = median(one.buy_s for one in ours if one.buy_s is not None)
        other = median(self.watched_s if one.buy_s is None else one.buy_s for one in theirs)
        return Ratio(who, fault, other / own, bound, own, other, (len(ours), len(theirs)))

    def to_json(self) -> dict[str, Any]:
        found = [self.ratio(who, fault) for fault in FAULTS for who in self.rivals]
        return {
            "watched_s": rounded(self.watched_s),
            "buy_ratios": [
                {
                    "by": one.who, "fault": one.fault, "ratio": round(one.times, 2), "is_lower_bound": one.lower_bound,
                    "farshore_s": rounded(one.ours_s), "other_s": rounded(one.theirs_s),
                    "runs_of_farshore": one.runs[0], "runs_of_other": one.runs[1],
                }
                for one in found
                if one is not None
            ],
            "bouts": [one.to_json() for one in self.bouts],
            "not_measured": list(self.problems),
        }  # fmt: skip

    def lines(self) -> list[str]:
        """For a terminal."""
        out = []
        for fault, says in FAULTS.items():
            if not any(one.fault == fault for one in self.bouts):
                continue
            out.append(f"{fault}: {says}")
            out += _table([one for who in (OURS, *self.rivals) for one in self.of(who, fault)], self.watched_s)
            for ratio in (self.ratio(who, fault) for who in self.rivals):
                if ratio is not None:
                    more = "more than " if ratio.lower_bound else ""
                    runs = f"n = {ratio.runs[0]} and {ratio.runs[1]}"
                    out.append(
                        f"  buying closed for {more}{ratio.times:.1f} times as long with {ratio.who} "
                        f"({ratio.theirs_s:.1f} s against {ratio.ours_s:.1f} s, {runs})"
                    )
        return [*out, *(f"not measured: {one}" for one in self.problems)]


_HEAD = ("", "closed", "acknowledged", "absent", "kept", "for good", "doubled", "old side after", "last", "overlap")


def _table(bouts: Sequence[Bout], watched_s: float) -> list[str]:
    rows: list[tuple[str, ...]] = [_HEAD]
    for one in bouts:
        closed = f"{one.buy_s:.1f} s" if one.buy_s is not None else f"> {watched_s:.0f} s"
        counts = (one.acknowledged, one.absent, one.kept, one.absent - one.kept, one.doubled)
        inside = "" if one.inside is None else str(one.inside)
        last = "" if not one.inside or one.inside_last_s is None else f"{one.inside_last_s:.1f} s"
        rows.append((one.who, closed, *map(str, counts), inside, last, f"{one.overlap_s:.1f} s"))
    widths = [max(len(row[n]) for row in rows) for n in range(len(_HEAD))]
    return ["  " + _line(row, widths) for row in rows]


def _line(row: Iterable[str], widths: Sequence[int]) -> str:
    cells = list(row)
    rest = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return "  ".join([cells[0].ljust(widths[0]), *rest]).rstrip()
