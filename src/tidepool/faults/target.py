"""What a fault is aimed at: `region:nyc3`, `host:NAME`, `service:HOST/UNIT`, `link:NAME`."""

from dataclasses import dataclass

from tidepool.lab.home import LabError
from tidepool.lab.lab import Lab
from tidepool.lab.machine import LabCell
from tidepool.lab.places import LINKS, PLACES

KINDS = ("region", "host", "service", "link")


@dataclass(frozen=True, slots=True)
class Target:
    kind: str
    name: str
    unit: str = ""

    @staticmethod
    def parse(text: str) -> "Target":
        kind, _, name = text.partition(":")
        if kind not in KINDS or not name:
            raise LabError(
                f"target {text!r} is not understood; write region:nyc3, host:NAME, service:HOST/UNIT or link:peering"
            )
        if kind == "region" and name not in PLACES:
            raise LabError(f"there is no region or place {name!r}; there are {', '.join(PLACES)}")
        if kind == "link" and name not in LINKS:
            raise LabError(f"there is no link {name!r}; there are {', '.join(LINKS)}")
        if kind != "service":
            return Target(kind, name)
        host, _, unit = name.partition("/")
        if not host or not unit:
            raise LabError(f"target {text!r} lacks a part; write service:HOST/UNIT, as in service:web-nyc3-1/nginx")
        return Target(kind, host, unit)

    def only(self, fault: str, *allowed: str) -> None:
        if self.kind not in allowed:
            raise LabError(f"a {fault} fault cannot be aimed at a {self.kind}; aim it at a {' or '.join(allowed)}")

    def cells(self, lab: Lab) -> list[LabCell]:
        """The hosts concerned; a region's router first, as everything else there needs it to come back."""
        if self.kind == "region":
            found = [cell for cell in lab.cells.values() if cell.place == self.name]
            return sorted(found, key=lambda cell: not cell.name.startswith("router-"))
        return [lab.cell(self.name)]

    def gone(self, lab: Lab) -> bool:
        """Its host was destroyed while the fault was in force: there is nothing left to mend."""
        return self.kind in ("host", "service") and self.name not in lab.cells
