"""The permit's record, several times a second: when this controller first saw each renewal begins a wait."""

from farshore.engine import permits
from farshore.engine.inputs import Renewed
from farshore.engine.loops.schedule import turns
from farshore.engine.shell import Shell
from farshore.engine.within import within
from farshore.model.failure import Failure

LOOK_S = 0.2
READ_S = 2.0


async def run(shell: Shell) -> None:
    """A renewal seen late only makes a wait longer, never shorter."""
    clock = shell.world.clock
    known: tuple[int, int] | None = None
    async for _ in turns(clock, LOOK_S):
        try:
            reading = permits.read(shell.world.coordination, shell.group.name)
            permit = await within(clock, READ_S, reading, "The store of record")
        except Failure:
            continue
        if permit is None:
            continue
        shell.renewals.saw(permit.epoch, permit.renewals, clock.now_s())
        count = (permit.epoch, permit.renewals)
        if known is not None and known[0] == count[0] and count > known:
            shell.feed(Renewed(permit.epoch))
        known = count
