"""A database server in memory, and the pair that a group has: replication lag, promotion, fence, sessions.

Implements the database port. A write is an entry of the server's log; a replica applies its source's entries
`lag_s` after they were written, while the link is up. Promotion keeps what has arrived and forgets the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from farshore.model.failure import Refused, Unreachable
from farshore.model.region import Epoch
from farshore.model.sighting import Marker, Position
from farshore.ports.clock import Clock
from farshore.sim.fake_calls import FakeCalls

Value = int | str | bool | Marker


@dataclass(frozen=True, slots=True)
class _Entry:
    at_s: float
    key: str
    value: Value


@dataclass(slots=True)
class FakeSession:
    """A connection of the shop: lives on until its user's sessions are ended, whatever was blocked meanwhile."""

    server: "FakeDatabase"
    user: str
    open: bool = True

    def commit(self, key: str, value: Value) -> None:
        """Raises when the session was ended, or the server cannot write."""
        if not self.open:
            raise Refused(f"The session of {self.user} was ended.")
        self.server.write(key, value)


@dataclass(slots=True)
class FakeDatabase:
    clock: Clock
    name: str = "db"
    calls: FakeCalls = field(default_factory=FakeCalls)
    source: "FakeDatabase | None" = None
    lag_s: float = 0.0
    link_up: bool = True
    reachable: bool = True
    frozen_write: bool = False  # a full disk: reads work, nothing can be written
    state: dict[str, Value] = field(default_factory=dict)
    sessions: list[FakeSession] = field(default_factory=list)
    promotes_at_s: float | None = None
    _log: list[_Entry] = field(default_factory=list)
    _applied: int = 0

    # what the world does to it

    def write(self, key: str, value: Value) -> None:
        """One committed transaction of whoever is connected."""
        self.settle()
        if not self.reachable:
            raise Unreachable(f"Database {self.name} does not answer.")
        if self.source is not None:
            raise Refused(f"Database {self.name} is a replica and read-only.")
        if self.frozen_write:
            raise Refused(f"Database {self.name} cannot write: its disk is full.")
        self._log.append(_Entry(self.clock.now_s(), key, value))
        self.state[key] = value

    def connect(self, user: str) -> FakeSession:
        """The shop opens a session; Refused while the user is blocked."""
        self.settle()
        if not self.reachable:
            raise Unreachable(f"Database {self.name} does not answer.")
        if self.state.get(f"blocked:{user}"):
            raise Refused(f"User {user} is blocked on {self.name}.")
        session = FakeSession(self, user)
        self.sessions.append(session)
        return session

    def cut_link(self) -> None:
        """Replication stops; what has arrived stays."""
        self.settle()
        self.link_up = False

    def promote_in(self, seconds: float) -> None:
        """The provider's promotion, which ends some time after it was accepted."""
        self.settle()
        if self.source is not None and self.promotes_at_s is None:
            self.promotes_at_s = self.clock.now_s() + seconds

    def settle(self) -> None:
        """Everything that has happened by now without anybody asking."""
        if self.source is not None:
            self.source.settle()
            until_s = self.clock.now_s() if self.promotes_at_s is None else min(self.clock.now_s(), self.promotes_at_s)
            log = self.source._log
            while self.link_up and self._applied < len(log) and log[self._applied].at_s + self.lag_s <= until_s:
                entry = log[self._applied]
                self._log.append(entry)
                self.state[entry.key] = entry.value
                self._applied += 1
            if self.promotes_at_s is not None and self.clock.now_s() >= self.promotes_at_s:
                self.source = None
                self.promotes_at_s = None

    def _answer(self) -> None:
        self.settle()
        if not self.reachable:
            raise Unreachable(f"Database {self.name} does not answer.", "Is its region alive?")

    # the port

    async def prepare(self) -> None:
        with self.calls.call("database.prepare"):
            self._answer()
            if self.source is not None:
                raise Refused(f"Database {self.name} is a replica and read-only.")

    async def writable(self) -> bool:
        with self.calls.call("database.writable"):
            self._answer()
            return self.source is None and not self.frozen_write

    async def is_replica(self) -> bool:
        with self.calls.call("database.is_replica"):
            self._answer()
            return self.source is not None

    async def position(self) -> Position:
        with self.calls.call("database.position"):
            self._answer()
            return Position("fake", str(len(self._log)))

    async def write_marker(self, marker: Marker) -> None:
        with self.calls.call("database.write_marker"):
            self._answer()
            self.write("marker", marker)

    async def read_marker(self) -> Marker | None:
        with self.calls.call("database.read_marker"):
            self._answer()
            marker = self.state.get("marker")
        return marker if isinstance(marker, Marker) else None

    async def epoch(self) -> Epoch | None:
        with self.calls.call("database.epoch"):
            self._answer()
            return self._epoch()

    async def raise_epoch(self, epoch: Epoch) -> Epoch:
        with self.calls.call("database.raise_epoch"):
            self._answer()
            return self._raise(epoch)

    async def fence(self, epoch: Epoch, app_user: str) -> None:
        with self.calls.call("database.fence"):
            self._answer()
            known = self._raise(epoch)
            if known > epoch:
                raise Refused(f"Database {self.name} has seen epoch {known}; a fence of epoch {epoch} is out of date.")
            self.write(f"blocked:{app_user}", True)
            for session in self.sessions:
                if session.user == app_user:
                    session.open = False
            self.sessions = [session for session in self.sessions if session.open]

    async def unfence(self, app_user: str) -> None:
        with self.calls.call("database.unfence"):
            self._answer()
            self.write(f"blocked:{app_user}", False)

    async def before_promotion(self) -> None:
        with self.calls.call("database.before_promotion"):
            self._answer()

    async def jump_ids(self, database: str, counters: Sequence[str], gap: int, token: str) -> int:
        with self.calls.call("database.jump_ids"):
            self._answer()
            moved = 1 + len(counters)  # one AUTO_INCREMENT, and the named ones
            if not self.state.get(f"jump:{database}:{token}"):
                for counter in ("auto_increment", *counters):
                    self.write(f"counter:{database}:{counter}", self.counter(database, counter) + gap)
                self.write(f"jump:{database}:{token}", moved)
            else:
                moved = 0
        return moved

    async def close(self) -> None:
        return None

    def counter(self, database: str, counter: str) -> int:
        value = self.state.get(f"counter:{database}:{counter}", 1)
        return value if isinstance(value, int) else 1

    def _epoch(self) -> Epoch | None:
        value = self.state.get("epoch")
        return Epoch(value) if isinstance(value, int) else None

    def _raise(self, epoch: Epoch) -> Epoch:
        known = self._epoch()
        if known is None or epoch > known:
            self.write("epoch", int(epoch))
            return epoch
        return known


def fake_pair(
    clock: Clock, calls: FakeCalls | None = None, lag_s: float = 0.1, names: tuple[str, str] = ("first", "second")
) -> tuple[FakeDatabase, FakeDatabase]:
    """A writer and the replica that follows it."""
    shared = calls or FakeCalls()
    writer = FakeDatabase(clock, names[0], shared)
    return writer, FakeDatabase(clock, names[1], shared, source=writer, lag_s=lag_s)
