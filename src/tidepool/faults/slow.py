"""slow: a link gets longer or loses packets: `slow link:public delay=200 loss=0.02` (ms per direction)."""

from dataclasses import dataclass

from tidepool.faults.fault import Options, World, refuse_unknown
from tidepool.faults.target import Target
from tidepool.lab.home import LabError
from tidepool.lab.places import LINKS


@dataclass(frozen=True, slots=True)
class Slow:
    target: Target
    delay_ms: float
    jitter_ms: float
    loss: float

    @staticmethod
    def parse(target: str, options: Options) -> "Slow":
        refuse_unknown("slow", options, "delay", "jitter", "loss")
        aim = Target.parse(target)
        aim.only("slow", "link")
        try:
            delay, jitter, loss = (float(options.get(key, 0)) for key in ("delay", "jitter", "loss"))
        except ValueError as error:
            raise LabError(f"delay= and jitter= are milliseconds, loss= is a share from 0 to 1: {error}") from None
        if delay < 0 or jitter < 0 or not 0 <= loss <= 1 or not (delay or jitter or loss):
            raise LabError("a slow fault needs delay= or jitter= in milliseconds above 0, or loss= from 0 to 1")
        return Slow(aim, delay, jitter, loss)

    async def inject(self, world: World, fault_id: str) -> None:
        if not world.hold("slow", self.target.name):
            world.release("slow", self.target.name)
            raise LabError(f"link {self.target.name} is already slow; remove that fault first")
        delay_ms = LINKS[self.target.name].rtt_ms / 2 + self.delay_ms
        await world.lab.wan.order(self.target.name, delay_ms=delay_ms, jitter_ms=self.jitter_ms, loss=self.loss)

    async def heal(self, world: World, fault_id: str) -> None:
        world.release("slow", self.target.name)
        usual = LINKS[self.target.name].rtt_ms / 2
        await world.lab.wan.order(self.target.name, delay_ms=usual, jitter_ms=0, loss=0)
