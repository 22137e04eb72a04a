"""App servers of one region without a network. Implements the app port's `App` and `Apps`."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from farshore.model.failure import Refused, Unreachable
from farshore.model.region import Endpoint, Epoch
from farshore.model.sighting import Sighting
from farshore.ports.app import AgentView, Heard
from farshore.ports.prober import Target
from farshore.sim.fake_calls import FakeCalls


@dataclass(slots=True)
class FakeApp:
    """`reachable`, `sightings` and `heard` are set by the test."""

    name: str
    place: str
    calls: FakeCalls = field(default_factory=FakeCalls)
    endpoint: Endpoint | None = None
    sightings: tuple[Sighting, ...] = ()
    reachable: bool = True
    watched: tuple[Target, ...] = ()
    heard: Heard | None = None

    async def view(self, runs: bool = False) -> AgentView:
        with self.calls.call("app.view"):
            self._reach()
            return AgentView(self.name, self.place, self.endpoint, self.sightings, self.heard)

    async def point(self, endpoint: Endpoint) -> None:
        with self.calls.call("app.point"):
            self._reach()
            self._judge(endpoint)
            self.endpoint = endpoint

    async def watch(self, epoch: Epoch, targets: Sequence[Target], interval_s: float, timeout_s: float) -> None:
        with self.calls.call("app.watch"):
            self._reach()
            if self.endpoint is not None and epoch < self.endpoint.epoch:
                raise Refused(f"Agent {self.name} has seen epoch {self.endpoint.epoch}; epoch {epoch} is over.")
            self.watched = tuple(targets)

    def _judge(self, endpoint: Endpoint) -> None:
        known = self.endpoint
        if known is None or known == endpoint or endpoint.epoch > known.epoch:
            return
        if endpoint.epoch < known.epoch:
            raise Refused(f"Agent {self.name} has seen epoch {known.epoch}; epoch {endpoint.epoch} is over.")
        if endpoint.role == known.role:
            raise Refused(f"Agent {self.name} has another endpoint of epoch {known.epoch} already.")

    def _reach(self) -> None:
        if not self.reachable:
            raise Unreachable(f"Agent {self.name} does not answer.", "Is the region alive?")


@dataclass(slots=True)
class FakeApps:
    apps: list[FakeApp]

    def all(self) -> Sequence[FakeApp]:
        return tuple(self.apps)
