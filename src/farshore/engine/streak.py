"""Looks in a row. Pure; one for each target of this controller."""

from dataclasses import dataclass

from farshore.model.sighting import Look, Sighting

LAG_SHARE_MAX = 0.25  # of a look's timeout: a look that our own lag ate into says nothing of the door


@dataclass(frozen=True, slots=True)
class Streak:
    ok: bool = False
    length: int = 0
    begun_s: float = float("-inf")

    def after(self, look: Look, begun_s: float) -> "Streak":
        """Unchanged by a look that began before the newest one: answers may overtake each other."""
        if begun_s <= self.begun_s:
            return self
        length = self.length + 1 if self.length and look.ok == self.ok else 1
        return Streak(look.ok, length, begun_s)

    def sighting(self, look: Look, vantage: str, place: str) -> Sighting:
        why = "" if self.ok else look.why
        return Sighting(vantage, place, look.door, look.region, self.ok, self.length, 0.0, why)
