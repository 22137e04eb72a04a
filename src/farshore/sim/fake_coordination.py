"""The store of record in memory: several controllers of a test share one object. Implements the coordination port."""

from collections.abc import Sequence

from farshore.model.failure import Refused
from farshore.ports.clock import Clock
from farshore.ports.coordination import Lease, Line, Record
from farshore.sim.fake_calls import FakeCalls


class FakeCoordination:
    def __init__(self, clock: Clock, calls: FakeCalls | None = None) -> None:
        self.calls = calls or FakeCalls()
        self._clock = clock
        self._holder = ""
        self._term = 0
        self._expires_s = float("-inf")
        self._records: dict[str, Record] = {}
        self._lines: list[Line] = []

    async def lead(self, holder: str, ttl_s: float) -> Lease | None:
        with self.calls.call("coordination.lead"):
            now_s = self._clock.now_s()
            if self._holder != holder:
                if self._holder and now_s < self._expires_s:
                    return None
                self._term += 1
                self._holder = holder
            self._expires_s = now_s + ttl_s
            return Lease(holder, self._term, ttl_s)

    async def resign(self, lease: Lease) -> None:
        with self.calls.call("coordination.resign"):
            if lease.term == self._term and lease.holder == self._holder:
                self._holder = ""

    async def read(self, key: str) -> Record:
        with self.calls.call("coordination.read"):
            return self._records.get(key, Record(key, "", 0))

    async def swap(self, lease: Lease | None, record: Record, value: str) -> Record:
        with self.calls.call("coordination.swap"):
            self._check(lease)
            current = self._records.get(record.key, Record(record.key, "", 0))
            if current.revision != record.revision:
                raise Refused(
                    f"Record {record.key} is at revision {current.revision}, not {record.revision}.",
                    "Read it again and decide anew.",
                )
            written = Record(record.key, value, current.revision + 1)
            self._records[record.key] = written
        return written

    async def append(self, lease: Lease | None, body: str) -> Line:
        with self.calls.call("coordination.append"):
            self._check(lease)
            line = Line(len(self._lines) + 1, lease.term if lease else self._term, self._clock.wall(), body)
            self._lines.append(line)
        return line

    async def journal(self, after: int = 0) -> Sequence[Line]:
        with self.calls.call("coordination.journal"):
            return tuple(self._lines[after:])

    def _check(self, lease: Lease | None) -> None:
        if lease is not None and (lease.term, lease.holder) != (self._term, self._holder):
            raise Refused(
                f"Term {lease.term} of {lease.holder} is over; the current term is {self._term}.",
                "Stop acting; another controller leads.",
            )
