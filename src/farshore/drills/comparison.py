"""Two drills of the same fault side by side: how many times longer the shop was closed with the founding script."""

from dataclasses import dataclass
from typing import Any

from farshore.drills.result import Result
from farshore.drills.stopwatch import rounded


@dataclass(frozen=True, slots=True)
class Comparison:
    ours: Result
    founding: Result
    watched_s: float  # how long the founding script was given after the fault

    def ratio(self, what: str) -> tuple[float, bool] | None:
        """(times, exact). Not exact when the other never came back: then it is a lower bound. None: ours did not."""
        ours = getattr(self.ours.clocks, what).closed_s
        theirs = getattr(self.founding.clocks, what).closed_s
        if ours is None or ours <= 0:
            return None
        return (self.watched_s / ours, False) if theirs is None else (theirs / ours, True)

    def sentence(self, what: str, name: str) -> str:
        found = self.ratio(what)
        if found is None:
            return f"{name}: cannot be compared"
        times, exact = found
        ours = getattr(self.ours.clocks, what).closed_s
        theirs = getattr(self.founding.clocks, what).closed_s
        closed = f"{theirs:.1f} s" if exact else f"never within {self.watched_s:.0f} s"
        return f"{name}: {ours:.1f} s against {closed}, {'' if exact else 'more than '}{times:.1f} times"

    def to_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {"watched_s": rounded(self.watched_s)}
        for what in ("browse", "buy"):
            found = self.ratio(what)
            body[f"{what}_ratio"] = None if found is None else round(found[0], 2)
            body[f"{what}_ratio_is_lower_bound"] = found is not None and not found[1]
        return body | {"farshore": self.ours.to_json(), "founding": self.founding.to_json()}
