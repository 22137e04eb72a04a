"""clock: the wall clock of a region's or a host's services jumps by `shift=` seconds, forward or back, and returns.

Seen by php-fpm, farshore-agent and the database servers, also those that run already; monotonic clocks stay true, as
they do when a real machine's wall clock is set. Not by what else runs on a droplet, nor by this machine's own programs.
"""

import math
from dataclasses import dataclass

from tidepool.faults.fault import Options, World, refuse_unknown
from tidepool.faults.target import Target
from tidepool.lab import clock
from tidepool.lab.droplet import Droplet
from tidepool.lab.home import LabError
from tidepool.lab.machine import LabCell

DATABASES = ("mariadb", "postgresql")


@dataclass(frozen=True, slots=True)
class Clock:
    target: Target
    shift_s: float

    @staticmethod
    def parse(target: str, options: Options) -> "Clock":
        refuse_unknown("clock", options, "shift")
        aim = Target.parse(target)
        aim.only("clock", "region", "host")
        try:
            shift_s = float(options.get("shift", "0"))
        except ValueError:
            shift_s = 0.0
        if not shift_s or not math.isfinite(shift_s):
            raise LabError("a clock fault needs shift= in seconds, forward or back, as in shift=+300 or shift=-2.5")
        return Clock(aim, shift_s)

    async def inject(self, world: World, fault_id: str) -> None:
        cells = [cell for cell in self.target.cells(world.lab) if _has_clock(cell)]
        if not cells:
            raise LabError(f"{self.target.name} has no droplet or database, so no clock that could be moved")
        for cell in cells:
            if world.holds["clock", cell.name] > 0:
                raise LabError(f"the clock of {cell.name} is moved already; remove that fault first")
        for cell in cells:
            world.hold("clock", cell.name)
            clock.shift(cell.root, self.shift_s)

    async def heal(self, world: World, fault_id: str) -> None:
        if self.target.gone(world.lab):
            return
        for cell in self.target.cells(world.lab):
            if _has_clock(cell) and world.release("clock", cell.name):
                clock.shift(cell.root, 0.0)


def _has_clock(cell: LabCell) -> bool:
    return isinstance(cell, Droplet) or any(label in cell.children for label in DATABASES)
