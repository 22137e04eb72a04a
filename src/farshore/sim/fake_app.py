"""App servers of one region without a network. Implements the app port's `App` and `Apps`."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from farshore.model.failure import Refused, RetryLater, Unreachable
from farshore.model.order_journal import JournalState
from farshore.model.permit import PermitTerms
from farshore.model.region import Endpoint, Epoch, Role
from farshore.model.sighting import Sighting
from farshore.ports.app import AgentView, Bridge, BridgeAtWork, Heard, Left, Promisor
from farshore.ports.prober import Target
from farshore.sim.fake_calls import FakeCalls
from farshore.sim.fake_order_journal import FakeOrderJournal

_NEVER = Epoch(0)


@dataclass(slots=True)
class FakeApp:
    """`reachable`, `sightings` and what else an agent says of itself are set by the test."""

    name: str
    place: str
    calls: FakeCalls = field(default_factory=FakeCalls)
    endpoint: Endpoint | None = None
    sightings: tuple[Sighting, ...] = ()
    reachable: bool = True
    watched: tuple[Target, ...] = ()
    heard: Heard | None = None
    permit: Left | None = None
    promise: Left | None = None  # while there is one, it is not to be opened
    promised_ago_s: float | None = None
    bridge: Bridge | None = None
    troubles: tuple[str, ...] = ()
    certificate_left_s: float | None = None
    told: PermitTerms | None = None
    relays: tuple[str, ...] = ()
    promisors: tuple[Promisor, ...] = ()
    closed: bool = False
    whole: bool = False  # as the last `point` said
    seen: Epoch = _NEVER  # the larger epoch it was told, if that was not by an endpoint
    revoked: Epoch = _NEVER
    journal: FakeOrderJournal = field(default_factory=FakeOrderJournal)
    journal_said: dict[str, JournalState] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"{self.name}.test:9470"

    async def view(self, runs: bool = False) -> AgentView:
        with self.calls.call("app.view"):
            self._reach()
            return AgentView(
                self.name,
                self.place,
                self.endpoint,
                self.sightings,
                self.heard,
                self.permit,
                self.promise,
                BridgeAtWork(self.bridge, 0) if self.bridge is not None else None,
                self.troubles,
                self.certificate_left_s,
                dict(self.journal_said),
            )

    async def point(self, endpoint: Endpoint, bridge: Bridge | None = None, whole: bool = False) -> None:
        with self.calls.call("app.point"):
            self._reach()
            self._judge(endpoint)
            if endpoint.role is Role.WRITER and self.promise is not None:
                raise RetryLater(f"Agent {self.name} has promised not to open.", after_s=self.promise.left_s)
            self.endpoint = endpoint
            self.bridge = bridge
            self.whole = whole
            self.closed = False

    async def close_checkout(self, epoch: Epoch, reopens_s: float, wait_s: float) -> bool:
        with self.calls.call("app.close_checkout"):
            self._reach()
            self._refuse_old(epoch)
            self.closed = True
            return True

    async def watch(self, epoch: Epoch, targets: Sequence[Target], interval_s: float, timeout_s: float) -> None:
        with self.calls.call("app.watch"):
            self._reach()
            self._refuse_old(epoch)
            self.seen = epoch
            self.watched = tuple(targets)

    async def terms(
        self, epoch: Epoch, permit: PermitTerms, relays: Sequence[str], promisors: Sequence[Promisor]
    ) -> None:
        with self.calls.call("app.terms"):
            self._reach()
            self._refuse_old(epoch)
            self.seen = epoch
            self.told, self.relays, self.promisors = permit, tuple(relays), tuple(promisors)

    async def revoke(self, epoch: Epoch) -> float | None:
        with self.calls.call("app.revoke"):
            self._reach()
            self.revoked = max(self.revoked, epoch)
            return self.promised_ago_s

    def _refuse_old(self, epoch: Epoch) -> None:
        seen = max(self.seen, self.endpoint.epoch if self.endpoint is not None else _NEVER)
        if epoch < seen:
            raise Refused(f"Agent {self.name} has seen epoch {seen}; epoch {epoch} is over.")

    def _judge(self, endpoint: Endpoint) -> None:
        self._refuse_old(endpoint.epoch)
        known = self.endpoint
        if known is None or known == endpoint or endpoint.epoch > known.epoch:
            return
        if endpoint.role == known.role == Role.WRITER:
            raise Refused(f"Agent {self.name} has another writer of epoch {known.epoch} already.")

    def _reach(self) -> None:
        if not self.reachable:
            raise Unreachable(f"Agent {self.name} does not answer.", "Is the region alive?")


@dataclass(slots=True)
class FakeApps:
    apps: list[FakeApp]

    def all(self) -> Sequence[FakeApp]:
        return tuple(self.apps)
