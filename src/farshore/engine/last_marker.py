"""What the last leader knew of the marker, kept in the status record for whoever leads next.

A controller that starts after the writer has died has seen no marker of its own pass. The last leader's knowledge
still holds, worse by the time in which nobody watched: the writer may have taken orders then that never left it.
"""

import json
from dataclasses import dataclass
from typing import Any

from farshore.model.region import Epoch

KEY = "last_marker"


@dataclass(frozen=True, slots=True)
class LastMarker:
    epoch: Epoch
    sequence: int
    watched_s: float  # when the last leader last looked, on the clock of `boot`
    boot: str  # another machine or another boot has another clock, and the time between cannot be told

    def as_json(self) -> dict[str, Any]:
        return {"epoch": self.epoch, "sequence": self.sequence, "watched_s": self.watched_s, "boot": self.boot}


def from_status(text: str, boot: str) -> LastMarker | None:
    """None where the record holds none, or another clock's."""
    try:
        kept = json.loads(text)[KEY]
        last = LastMarker(Epoch(int(kept["epoch"])), int(kept["sequence"]), float(kept["watched_s"]), str(kept["boot"]))
    except (ValueError, KeyError, TypeError):
        return None
    return last if last.boot == boot else None
