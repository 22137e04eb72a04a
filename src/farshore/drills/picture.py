"""The picture of an outage as inline SVG: requests per second by what became of them, and marks for what happened.

Pages above, checkouts below, on one time axis that begins before the fault.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor

from farshore.drills.entry import BROWSE, BUY, CACHED, Entry

WIDTH, LEFT, RIGHT = 1080, 76, 16
ROW_HEIGHT, ROW_GAP, TOP = 150, 40, 62
BAR_S = 0.5
FAILED = "failed"
STALE = "stale"  # failed because a DNS answer is kept for its TTL: nobody but the TTL can mend that


@dataclass(frozen=True, slots=True)
class Mark:
    at_s: float  # after the fault
    text: str
    level: int = 0  # rows of labels above the picture, so that neighbours do not overlap


@dataclass(frozen=True, slots=True)
class Scale:
    from_s: float
    to_s: float

    def x(self, at_s: float) -> float:
        return LEFT + (at_s - self.from_s) / (self.to_s - self.from_s) * (WIDTH - LEFT - RIGHT)


def picture(ledger: Sequence[Entry], fault_s: float, marks: Sequence[Mark], regions: Sequence[str]) -> str:
    """`regions` in the order of their colours: first the one that failed."""
    last = max((mark.at_s for mark in marks), default=0.0)
    ended = max((e.ended for e in ledger), default=fault_s) - fault_s
    scale = Scale(-6.0, ceil(min(max(last + 10.0, 20.0), max(ended, 10.0))))
    height = TOP + 2 * ROW_HEIGHT + ROW_GAP + 44
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="Requests per second around the fault"'
        ' xmlns="http://www.w3.org/2000/svg">'
    ]
    for number, (kind, title) in enumerate(((BROWSE, "pages"), (BUY, "checkouts"))):
        top = TOP + number * (ROW_HEIGHT + ROW_GAP)
        some = [e for e in ledger if e.kind == kind]
        parts.append(_row(some, fault_s, scale, top, title, regions))
    bottom = TOP + 2 * ROW_HEIGHT + ROW_GAP
    parts.append(_axis(scale, bottom))
    parts += [_mark(mark, scale, bottom) for mark in _spread(marks, scale)]
    parts.append("</svg>")
    return "".join(parts)


def outcome(entry: Entry, regions: Sequence[str]) -> str:
    if entry.good and entry.region in regions:
        return f"r{regions.index(entry.region)}"
    return STALE if entry.population == CACHED else FAILED


def counted(entries: Iterable[Entry], fault_s: float, scale: Scale, regions: Sequence[str]) -> dict[int, Counter[str]]:
    """Bar number -> requests by outcome, at the time when the shopper knew."""
    bars: dict[int, Counter[str]] = {}
    for entry in entries:
        at = entry.ended - fault_s
        if scale.from_s <= at < scale.to_s:
            bars.setdefault(floor((at - scale.from_s) / BAR_S), Counter())[outcome(entry, regions)] += 1
    return bars


def _row(entries: Sequence[Entry], fault_s: float, scale: Scale, top: float, title: str, regions: Sequence[str]) -> str:
    bars = counted(entries, fault_s, scale, regions)
    most = max((sum(bar.values()) for bar in bars.values()), default=0) or 1
    parts = [
        f'<text class="axis" x="0" y="{top + 34}">{title}</text>',
        f'<text class="axis" x="0" y="{top + 50}">per second</text>',
        f'<text class="axis" x="{LEFT - 6}" y="{top + 10}" text-anchor="end">{most / BAR_S:.0f}</text>',
        f'<line class="rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{top + ROW_HEIGHT}" y2="{top + ROW_HEIGHT}"/>',
    ]
    for number, bar in sorted(bars.items()):
        x = scale.x(scale.from_s + number * BAR_S)
        width = scale.x(scale.from_s + (number + 1) * BAR_S) - x - 1
        y = float(top + ROW_HEIGHT)
        for name in ("r0", "r1", STALE, FAILED):
            if bar[name]:
                tall = bar[name] / most * ROW_HEIGHT
                y -= tall
                parts.append(f'<rect class="{name}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{tall:.1f}"/>')
    return "".join(parts)


def _axis(scale: Scale, bottom: float) -> str:
    every = next(step for step in (2, 5, 10, 20, 60, 600) if (scale.to_s - scale.from_s) / step <= 18)
    at = ceil(scale.from_s / every) * every
    parts = []
    while at <= scale.to_s:
        x = scale.x(at)
        parts.append(f'<line class="rule" x1="{x:.1f}" x2="{x:.1f}" y1="{bottom}" y2="{bottom + 5}"/>')
        parts.append(f'<text class="axis" x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{at} s</text>')
        at += every
    return "".join(parts)


def _spread(marks: Sequence[Mark], scale: Scale) -> list[Mark]:
    """Each label on the lowest of three levels where it does not run into the one before."""
    taken = [float("-inf")] * 3
    placed = []
    for mark in sorted(marks, key=lambda m: m.at_s):
        start = scale.x(mark.at_s)
        level = next((n for n, end in enumerate(taken) if end <= start), 2)
        taken[level] = start + 7.2 * len(mark.text) + 14
        placed.append(Mark(mark.at_s, mark.text, level))
    return placed


def _mark(mark: Mark, scale: Scale, bottom: float) -> str:
    x, y = scale.x(mark.at_s), TOP - 10 - 18 * mark.level
    anchor = ("end", -4) if x + 7.2 * len(mark.text) > WIDTH - RIGHT else ("start", 4)
    return (
        f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{y - 10}" y2="{bottom}"/>'
        f'<text class="mark" x="{x + anchor[1]:.1f}" y="{y}" text-anchor="{anchor[0]}">{escape(mark.text)}</text>'
    )
