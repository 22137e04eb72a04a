"""kill: SIGKILL to everything of a service, a host or a region at once; a region also loses all its links.

A killed host's kernel still answers (connections are reset), as after a crash of its processes; a region is a black
hole, as after a loss of power. Removing the fault powers on again: links first, then hosts and their services.
"""

import asyncio
from dataclasses import dataclass

from tidepool.faults import units
from tidepool.faults.fault import Options, StillHeldError, World, refuse_unknown
from tidepool.faults.links import cut, mend, ways_of_place
from tidepool.faults.target import Target
from tidepool.lab.cgroups import Group
from tidepool.lab.home import LabError
from tidepool.lab.machine import LabCell


@dataclass(frozen=True, slots=True)
class Kill:
    target: Target

    @staticmethod
    def parse(target: str, options: Options) -> "Kill":
        refuse_unknown("kill", options)
        aim = Target.parse(target)
        aim.only("kill", "region", "host", "service")
        if aim == Target("region", "internet"):
            raise LabError(
                "the internet cannot be killed: the account itself lives there; partition it, or kill a host"
            )
        return Kill(aim)

    async def inject(self, world: World, fault_id: str) -> None:
        if self.target.kind == "service":
            await units.kill(world, self.target)
            return
        cells = self.target.cells(world.lab)
        for cell in cells:
            world.hold("dead", cell.name)
        if self.target.kind == "region":
            # First the silence, then the deaths: no dying process may say goodbye.
            await cut(world, ways_of_place(self.target.name, "all", "both"), flush=True)
            group = Group(f"{world.lab.folder.mark}/{self.target.name}")
            await asyncio.to_thread(group.kill)
        await asyncio.gather(*(cell.kill() for cell in cells))

    async def heal(self, world: World, fault_id: str) -> None:
        if self.target.gone(world.lab):
            return
        if self.target.kind == "service":
            await units.revive(world, self.target)
            return
        for place in {cell.place for cell in self.target.cells(world.lab)}:
            if world.holds["frozen", f"{world.lab.folder.mark}/{place}"] > 0:
                raise StillHeldError(f"{place} is frozen and nothing can boot there; remove that freeze first")
        if self.target.kind == "region":
            await mend(world, ways_of_place(self.target.name, "all", "both"))
        cells = [cell for cell in self.target.cells(world.lab) if world.release("dead", cell.name)]
        routers = [cell for cell in cells if cell.name.startswith("router-")]
        await _restart(world, routers)
        await _restart(world, [cell for cell in cells if cell not in routers])


async def _restart(world: World, cells: list[LabCell]) -> None:
    """All of them, whatever becomes of one; then say which did not come back."""
    results = await asyncio.gather(*(world.lab.restart(cell) for cell in cells), return_exceptions=True)
    failed = [
        f"{cell.name}: {error}" for cell, error in zip(cells, results, strict=True) if isinstance(error, Exception)
    ]
    if failed:
        raise LabError(f"mended, but not everything came back: {'; '.join(failed)}")
