"""The status record: what `farshore status` prints without asking anybody but the store of record."""

import json

from farshore.engine.last_marker import KEY, LastMarker
from farshore.engine.loops.schedule import turns
from farshore.engine.shell import Shell
from farshore.engine.status import status
from farshore.engine.within import within
from farshore.model.failure import Failure
from farshore.model.keys import status_key
from farshore.ports.coordination import Record

STATUS_INTERVAL_S = 1.0
SWAP_S = 5.0


async def run(shell: Shell) -> None:
    clock, coordination = shell.world.clock, shell.world.coordination
    record: Record | None = None
    async for _ in turns(clock, STATUS_INTERVAL_S):
        if not shell.acting:
            record = None
            continue
        try:
            if record is None:
                record = await within(clock, SWAP_S, coordination.read(status_key(shell.group.name)), "The status")
            said = status(shell.state, shell.parts, shell.now_s(), clock.wall()) | _last_marker(shell)
            value = json.dumps(said)
            record = await within(clock, SWAP_S, coordination.swap(shell.lease, record, value), "The status")
        except Failure:
            record = None  # read it again; a status that cannot be written is seen by its age


def _last_marker(shell: Shell) -> dict[str, object]:
    grant, written = shell.state.grant, shell.state.markers.written
    if grant is None or written is None:
        return {}
    watched_s = shell.now_s() - shell.state.markers.unwatched_s  # what nobody watched stays unwatched
    return {KEY: LastMarker(grant.epoch, written, watched_s, shell.world.clock.boot()).as_json()}
