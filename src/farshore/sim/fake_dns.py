"""One authority and the account behind it; an edit is served after a delay. Implements the dns port."""

from farshore.model.failure import Refused
from farshore.ports.clock import Clock
from farshore.ports.dns import RecordSet
from farshore.sim.fake_calls import FakeCalls


class FakeDns:
    def __init__(self, clock: Clock, calls: FakeCalls | None = None, delay_s: float = 0.0) -> None:
        self.calls = calls or FakeCalls()
        self.delay_s = delay_s
        self._clock = clock
        self._stored: dict[tuple[str, str], RecordSet] = {}
        self._served: dict[tuple[str, str], RecordSet] = {}
        self._due: list[tuple[float, RecordSet]] = []

    async def served(self, name: str, type: str) -> RecordSet:
        with self.calls.call("dns.served"):
            self._publish()
            return self._served.get((name, type), RecordSet(name, type, frozenset(), 0))

    async def stored(self, name: str, type: str) -> RecordSet:
        with self.calls.call("dns.stored"):
            return self._stored.get((name, type), RecordSet(name, type, frozenset(), 0))

    async def replace(self, wanted: RecordSet) -> None:
        with self.calls.call("dns.replace"):
            if not wanted.values:
                raise Refused(f"An empty address record of {wanted.name} would close the store.")
            if self._stored.get((wanted.name, wanted.type)) != wanted:
                self.edit(wanted)

    def edit(self, wanted: RecordSet) -> None:
        """As by hand in the provider's panel."""
        self._stored[(wanted.name, wanted.type)] = wanted
        self._due.append((self._clock.now_s() + self.delay_s, wanted))
        self._publish()

    def _publish(self) -> None:
        now_s = self._clock.now_s()
        for _, record in [entry for entry in self._due if entry[0] <= now_s]:
            self._served[(record.name, record.type)] = record
        self._due = [entry for entry in self._due if entry[0] > now_s]
