"""freeze: everything of a service, a host or a region stops where it stands, and later goes on as if nothing had been.

Connections stay open and nothing answers: what timeouts are for, and what a paused virtual machine does to a clock.
"""

from dataclasses import dataclass

from tidepool.faults import units
from tidepool.faults.fault import Options, World, refuse_unknown
from tidepool.faults.target import Target
from tidepool.lab.cgroups import Group
from tidepool.lab.home import LabError


@dataclass(frozen=True, slots=True)
class Freeze:
    target: Target

    @staticmethod
    def parse(target: str, options: Options) -> "Freeze":
        refuse_unknown("freeze", options)
        aim = Target.parse(target)
        aim.only("freeze", "region", "host", "service")
        if aim == Target("region", "internet"):
            raise LabError("the internet cannot be frozen: the account itself lives there; freeze a host in it")
        return Freeze(aim)

    def _group(self, world: World) -> Group:
        mark = world.lab.folder.mark
        if self.target.kind == "region":
            return Group(f"{mark}/{self.target.name}")
        return world.lab.cell(self.target.name).site.group

    async def inject(self, world: World, fault_id: str) -> None:
        if self.target.kind == "service":
            await units.freeze(world, self.target)
            return
        group = self._group(world)
        group.freeze()
        world.hold("frozen", group.path)

    async def heal(self, world: World, fault_id: str) -> None:
        if self.target.gone(world.lab):
            return
        if self.target.kind == "service":
            await units.thaw(world, self.target)
            return
        group = self._group(world)
        if world.release("frozen", group.path):
            group.thaw()
