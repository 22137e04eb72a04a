"""The marker: written on the writer each second, read on the standby. All that is believed of replication."""

from farshore.engine.inputs import MarkerNotWritten, MarkerRead, MarkerWritten
from farshore.engine.loops.schedule import turns
from farshore.engine.parts import Half
from farshore.engine.shell import Shell
from farshore.engine.state import MARKER_INTERVAL_S
from farshore.model.failure import Failure
from farshore.model.grant import Grant
from farshore.model.permit import Gate
from farshore.model.sighting import Marker


class Markers:
    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._under: Grant | None = None  # the grant for which the writer's tables were prepared
        self._sequence = 0
        self._busy: set[str] = set()

    async def run(self) -> None:
        """Not while a plan runs: its steps need the same connections at once."""
        shell = self._shell
        async for _ in turns(shell.world.clock, MARKER_INTERVAL_S):
            grant = shell.state.grant
            if not shell.acting or grant is None or shell.state.ledger.active:
                continue
            standby = shell.group.other(grant.holder).region
            if grant.holder in shell.parts.halves and "write" not in self._busy:
                self._busy.add("write")
                shell.spawn(self._write(grant, shell.parts.half(grant.holder)))
            if standby in shell.parts.halves and "read" not in self._busy:
                self._busy.add("read")
                shell.spawn(self._read(shell.parts.half(standby)))

    async def _write(self, grant: Grant, half: Half) -> None:
        try:
            if self._under != grant:
                await self._begin(grant, half)
            self._sequence += 1
            await half.database.write_marker(Marker(grant.epoch, self._sequence))
            self._shell.feed(MarkerWritten(self._sequence))
        except Failure as error:
            self._shell.feed(MarkerNotWritten(str(error)))
        except Exception as error:  # a bug in the client reads as a marker that fails, and status says which
            self._shell.feed(MarkerNotWritten(f"It broke: {type(error).__name__}: {error}"))
        finally:
            self._busy.discard("write")

    async def _begin(self, grant: Grant, half: Half) -> None:
        """Our sequence starts above whatever is there: a row of an earlier leader proves nothing about now."""
        await half.database.prepare()
        await half.database.raise_epoch(grant.epoch)
        await self._guard(half)
        known = await half.database.read_marker()
        self._sequence = max(self._sequence, known.sequence if known is not None else 0)
        self._under = grant

    async def _guard(self, half: Half) -> None:
        """A gate that cannot be put up fails the marker, so that nobody relies on a permit that nothing enforces."""
        group = self._shell.group
        for store in group.stores:
            tables = store.guarded_tables if group.permit.gate is Gate.TRIGGER else ()
            await half.database.guard(store.database, tables, store.app_user)

    async def _read(self, half: Half) -> None:
        try:
            marker = await half.database.read_marker()
            self._shell.feed(MarkerRead(marker, await half.database.is_replica()))
        except Failure:
            pass  # its age grows, and a standby that does not answer is not ready
        finally:
            self._busy.discard("read")


async def run(shell: Shell) -> None:
    await Markers(shell).run()
