"""The database port before a server in memory, and the pair that a group has. Implements the database port."""

from collections.abc import Sequence
from dataclasses import dataclass

from farshore.model.failure import Refused, RetryLater
from farshore.model.order_journal import past_id
from farshore.model.region import Epoch
from farshore.model.sighting import Marker, Position
from farshore.ports.clock import Clock
from farshore.sim.fake_calls import FakeCalls
from farshore.sim.fake_reader import FakeReader
from farshore.sim.fake_server import FakeServer, FakeSession

__all__ = ["FakeDatabase", "FakeSession", "fake_pair"]


@dataclass(slots=True)
class FakeDatabase(FakeServer):
    async def prepare(self) -> None:
        with self.calls.call("database.prepare"):
            self.answer()
            if self.source is not None:
                raise Refused(f"Database {self.name} is a replica and read-only.")

    async def writable(self) -> bool:
        with self.calls.call("database.writable"):
            self.answer()
            return self.source is None and not self.frozen_write

    async def is_replica(self) -> bool:
        with self.calls.call("database.is_replica"):
            self.answer()
            return self.source is not None

    async def position(self) -> Position:
        with self.calls.call("database.position"):
            self.answer()
            return Position("fake", str(self.length()))

    async def write_marker(self, marker: Marker) -> None:
        with self.calls.call("database.write_marker"):
            self.answer()
            self.write("marker", marker)

    async def read_marker(self) -> Marker | None:
        with self.calls.call("database.read_marker"):
            self.answer()
            marker = self.state.get("marker")
        return marker if isinstance(marker, Marker) else None

    async def epoch(self) -> Epoch | None:
        with self.calls.call("database.epoch"):
            self.answer()
            return self.known_epoch()

    async def raise_epoch(self, epoch: Epoch) -> Epoch:
        with self.calls.call("database.raise_epoch"):
            self.answer()
            return self.raise_known(epoch)

    async def fence(self, epoch: Epoch, app_user: str) -> None:
        with self.calls.call("database.fence"):
            self.answer()
            known = self.raise_known(epoch)
            if known > epoch:
                raise Refused(f"Database {self.name} has seen epoch {known}; a fence of epoch {epoch} is out of date.")
            self.write(f"blocked:{app_user}", True)
            for session in self.sessions:
                if session.user == app_user:
                    session.open = False
            self.sessions = [session for session in self.sessions if session.open]
            if any(value for key, value in self.state.items() if key.startswith("guard:")) and self.permits():
                raise RetryLater(f"Database {self.name} would still take an order: its gate did not refuse our own.")

    async def fence_orders(self, epoch: Epoch, app_user: str) -> None:
        with self.calls.call("database.fence_orders"):
            self.answer()
            known = self.raise_known(epoch)
            if known > epoch:
                raise Refused(f"Database {self.name} has seen epoch {known}; a fence of epoch {epoch} is out of date.")
            for session in self.sessions:
                if session.user == app_user:
                    session.open = False
            self.sessions = [session for session in self.sessions if session.open]
            if self.permits():
                raise RetryLater(f"Database {self.name} would still take an order: its gate did not refuse our own.")

    async def unfence(self, app_user: str) -> None:
        with self.calls.call("database.unfence"):
            self.answer()
            self.write(f"blocked:{app_user}", False)

    async def guard(self, database: str, tables: Sequence[str], app_user: str) -> None:
        with self.calls.call("database.guard"):
            self.answer()
            wanted = ",".join(sorted(tables))
            if self.state.get(f"guard:{database}", "") != wanted:
                self.write(f"guard:{database}", wanted)

    async def guarded(self, database: str, tables: Sequence[str]) -> bool:
        with self.calls.call("database.guarded"):
            self.answer()
            return self.state.get(f"guard:{database}", "") == ",".join(sorted(tables))

    async def before_promotion(self) -> None:
        with self.calls.call("database.before_promotion"):
            self.answer()

    async def warm(self, databases: Sequence[str]) -> None:
        with self.calls.call("database.warm"):
            self.answer()

    async def jump_ids(self, database: str, counters: Sequence[str], gap: int, token: str, past: int = 0) -> int:
        with self.calls.call("database.jump_ids"):
            self.answer()
            moved = 1 + len(counters)  # one AUTO_INCREMENT, and the named ones
            if not self.state.get(f"jump:{database}:{token}"):
                for counter in ("auto_increment", *counters):
                    now = past_id(self.counter(database, counter), past)
                    self.write(f"counter:{database}:{counter}", now + gap)
                self.write(f"jump:{database}:{token}", moved)
            else:
                moved = 0
        return moved

    def reader(self) -> FakeReader:
        return FakeReader(self)

    async def close(self) -> None:
        return None


def fake_pair(
    clock: Clock, calls: FakeCalls | None = None, lag_s: float = 0.1, names: tuple[str, str] = ("first", "second")
) -> tuple[FakeDatabase, FakeDatabase]:
    """A writer and the replica that follows it."""
    shared = calls or FakeCalls()
    writer = FakeDatabase(clock, names[0], shared)
    return writer, FakeDatabase(clock, names[1], shared, source=writer, lag_s=lag_s)
