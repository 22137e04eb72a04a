"""One app server's order journal in memory. Implements the order journal's port."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from farshore.model.failure import Refused, Unreachable
from farshore.model.order_entry import OrderEntry
from farshore.model.order_journal import JournalState
from farshore.model.region import Epoch
from farshore.ports.order_journal import JournalPage
from farshore.sim.fake_calls import FakeCalls

_NEVER = Epoch(0)


@dataclass(slots=True)
class FakeOrderJournal:
    """`received` and `spooled` are filled by the test, by store."""

    calls: FakeCalls = field(default_factory=FakeCalls)
    received: dict[str, list[OrderEntry]] = field(default_factory=dict)
    spooled: dict[str, list[OrderEntry]] = field(default_factory=dict)
    reachable: bool = True
    unreconciled: set[str] = field(default_factory=set)
    epoch: Epoch = _NEVER  # whose reconciliation waits

    async def state(self) -> Mapping[str, JournalState]:
        with self.calls.call("journal.state"):
            self._reach()
            return {store: self._state(store) for store in sorted({*self.received, *self.spooled})}

    async def read(self, store: str, after: str = "", limit: int = 500, spool: bool = False) -> JournalPage:
        with self.calls.call("journal.read"):
            self._reach()
            held = self.spooled if spool else self.received
            if store not in self.received and store not in self.spooled:
                raise Refused(f"The store {store!r} has no journal here.")
            begin = int(after or 0)
            entries = tuple(held.get(store, [])[begin : begin + limit])
            return JournalPage(entries, str(begin + len(entries)))

    async def reconciled(self, epoch: Epoch, store: str) -> bool:
        with self.calls.call("journal.reconciled"):
            self._reach()
            if self.unreconciled and epoch < self.epoch:
                raise Refused(f"Epoch {epoch} is over.")
            self.unreconciled.discard(store)
            return not self.unreconciled

    def _state(self, store: str) -> JournalState:
        entries = self.received.get(store, [])
        return JournalState(
            entries=len(entries),
            bytes=sum(len(entry.sealed) for entry in entries),
            oldest_at_ms=min((entry.at_ms for entry in entries), default=None),
            largest_id=max((entry.order_id for entry in entries), default=0),
            exposed=len(self.spooled.get(store, [])),
        )

    def _reach(self) -> None:
        if not self.reachable:
            raise Unreachable("The agent does not answer.", "Is the region alive?")
