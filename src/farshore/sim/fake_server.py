"""A database server in memory as the world sees it: replication lag, promotion, sessions of the shop.

`FakeDatabase` puts the database port before it. A write is an entry of the server's log; a replica applies its source's
entries `lag_s` after they were written, while the link is up. Promotion keeps what has arrived and forgets the rest.
"""

from dataclasses import dataclass, field

from farshore.model.failure import Refused, Unreachable
from farshore.model.region import Epoch
from farshore.model.sighting import Marker
from farshore.ports.clock import Clock
from farshore.sim.fake_calls import FakeCalls

Value = int | str | bool | Marker


@dataclass(frozen=True, slots=True)
class _Entry:
    at_s: float
    key: str
    value: Value
    id: str  # the same wherever it is applied


@dataclass(slots=True)
class FakeSession:
    """A connection of the shop: lives on until its user's sessions are ended, whatever was blocked meanwhile."""

    server: "FakeServer"
    user: str
    open: bool = True

    def commit(self, key: str, value: Value) -> None:
        """One order. Raises when the session was ended, the gate has no permit, or the server cannot write."""
        if not self.open:
            raise Refused(f"The session of {self.user} was ended.")
        if not self.server.permits():
            raise Refused("farshore: no write permit")
        self.server.write(key, value)


@dataclass(slots=True)
class FakeServer:
    clock: Clock
    name: str = "db"
    calls: FakeCalls = field(default_factory=FakeCalls)
    source: "FakeServer | None" = None
    lag_s: float = 0.0
    link_up: bool = True
    reachable: bool = True
    frozen_write: bool = False  # a full disk: reads work, nothing can be written
    state: dict[str, Value] = field(default_factory=dict)
    sessions: list[FakeSession] = field(default_factory=list)
    promotes_at_s: float | None = None
    _log: list[_Entry] = field(default_factory=list)
    _applied: int = 0

    def write(self, key: str, value: Value) -> None:
        """One committed transaction of whoever is connected."""
        self.settle()
        if not self.reachable:
            raise Unreachable(f"Database {self.name} does not answer.")
        if self.source is not None:
            raise Refused(f"Database {self.name} is a replica and read-only.")
        if self.frozen_write:
            raise Refused(f"Database {self.name} cannot write: its disk is full.")
        self._log.append(_Entry(self.clock.now_s(), key, value, f"{self.name}-{len(self._log) + 1}"))
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

    def length(self) -> int:
        """How many entries its log has: its position."""
        return len(self._log)

    def transactions(self) -> tuple[str, ...]:
        self.settle()
        return tuple(entry.id for entry in self._log)

    def answer(self) -> None:
        self.settle()
        if not self.reachable:
            raise Unreachable(f"Database {self.name} does not answer.", "Is its region alive?")

    def counter(self, database: str, counter: str) -> int:
        value = self.state.get(f"counter:{database}:{counter}", 1)
        return value if isinstance(value, int) else 1

    def known_epoch(self) -> Epoch | None:
        value = self.state.get("epoch")
        return Epoch(value) if isinstance(value, int) else None

    def renew_permit(self, epoch: int, until_s: float) -> None:
        """The permit row, as an agent writes it: by the server's own clock."""
        self.write("permit", int(epoch))
        self.write("permit_until_ms", round(until_s * 1000))

    def permits(self) -> bool:
        """What the triggers of a guarded database ask; without any, everything passes."""
        if not any(value for key, value in self.state.items() if key.startswith("guard:")):
            return True
        until_ms, epoch = self.state.get("permit_until_ms", 0), self.known_epoch()
        return epoch == self.state.get("permit") and isinstance(until_ms, int) and until_ms > self.clock.now_s() * 1000

    def raise_known(self, epoch: Epoch) -> Epoch:
        known = self.known_epoch()
        if known is None or epoch > known:
            self.write("epoch", int(epoch))
            return epoch
        return known
