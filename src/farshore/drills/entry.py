"""The shoppers' ledger: one line for every request, kept by the customer's side and never by the shop's.

Times are CLOCK_MONOTONIC of the one machine that the lab runs on, so that they compare with the fault's instant.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

FRESH = "fresh"  # looks the name up at the authority for every request
RESIDENT = "resident"  # stands inside the writer's region and goes to that region's own balancer, whatever DNS says
CACHED = "cached"  # asks a resolver and keeps the answer for its TTL, as browsers do
BROWSE = "browse"
BUY = "buy"
OK = "ok"


@dataclass(frozen=True, slots=True)
class Entry:
    started: float
    ended: float
    population: str
    kind: str
    outcome: str  # ok, or what went wrong in one word: http, timeout, refused, reset, tls, dns, broken
    status: int = 0
    region: str = ""
    epoch: int = 0
    order_id: int = 0
    order_key: str = ""
    token: str = ""  # of this attempt alone: PURCHASE-ATTEMPT
    total: str = ""

    @property
    def good(self) -> bool:
        return self.outcome == OK

    @property
    def acknowledged(self) -> bool:
        """The customer has read that the order is placed."""
        return self.kind == BUY and self.good

    def to_line(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))


_NAMES = {field.name for field in fields(Entry)}


def read_lines(lines: Iterable[str]) -> list[Entry]:
    """In the order in which requests ended. A last line cut short by a kill is passed over: nobody read that answer."""
    entries = []
    for line in lines:
        if not line.endswith("\n"):
            continue
        body: dict[str, Any] = json.loads(line)
        entries.append(Entry(**{name: value for name, value in body.items() if name in _NAMES}))
    return sorted(entries, key=lambda entry: entry.ended)


def read_ledger(path: Path) -> list[Entry]:
    with path.open(newline="\n") as file:
        return read_lines(file)
