"""Values and stand-ins for tests of the agent's permit: clocks that a test turns, peers that say what it wants."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from farshore.agent.asking import Peer
from farshore.agent.clocks import Clocks
from farshore.agent.closing import Closing
from farshore.agent.database_connection import NoRow
from farshore.agent.kernel_gate import GateBroken
from farshore.agent.memory import Memory, replace_durably
from farshore.agent.permit_file import PermitFile
from farshore.agent.permit_memory import PermitMemory
from farshore.agent.renewing import Parts, Renewing
from farshore.agent.terms import Address, Promisor, Terms
from farshore.model.permit import Gate
from farshore.model.region import Endpoint, Epoch, RegionName, Role
from farshore.ports.agent_wire import Json
from farshore.sim.fake_clock import FakeClock
from farshore.transport.message import Answer, NoAnswer

ENDPOINT = Endpoint(Epoch(2), Role.WRITER, RegionName("sfo3"), "10.20.0.20", 25060)
RELAYS = (Address("203.0.113.130", 9471), Address("203.0.113.131", 9471), Address("10.10.0.13", 9470))
PROMISORS = (Promisor("far-1", Address("10.10.0.11", 9470)), Promisor("far-2", Address("10.10.0.12", 9470)))
NOBODY = NoAnswer("refused", sent=False)


def terms(
    epoch: int = 2, d_s: float = 15.0, renew_s: float = 2.0, soft_s: float = 10.0, wait_s: float = 18.05
) -> Terms:
    return Terms(Epoch(epoch), d_s, renew_s, soft_s, wait_s, Gate.TRIGGER, RELAYS, PROMISORS)


@dataclass(slots=True)
class TurnedClock:
    """CLOCK_MONOTONIC lags behind by `asleep_s`, as after a suspend."""

    fake: FakeClock = field(default_factory=FakeClock)
    asleep_s: float = 0.0
    boot_id: str = "boot-1"

    def now(self) -> Clocks:
        boot_ns = round(self.fake.now_s() * 1e9)
        return Clocks(boot_ns, boot_ns - round(self.asleep_s * 1e9))

    def boot(self) -> str:
        return self.boot_id

    async def sleep(self, seconds: float) -> None:
        await self.fake.sleep(seconds)


Reply = Callable[[Json], Awaitable[Answer]]


def says(status: int, **body: object) -> Reply:
    async def reply(asked: Json) -> Answer:
        return Answer(status, dict(body))

    return reply


async def dead(asked: Json) -> Answer:
    raise NOBODY


async def hung(asked: Json) -> Answer:
    await asyncio.Event().wait()
    raise AssertionError


@dataclass(slots=True)
class SaidPeers:
    """Every address does what `replies` has for it; an unknown one is dead."""

    replies: dict[Address, Reply] = field(default_factory=dict)
    asked: list[tuple[Peer, str, Json]] = field(default_factory=list)

    async def ask(self, peer: Peer, path: str, body: Json, timeout_s: float) -> Answer:
        self.asked.append((peer, path, body))
        return await self.replies.get(peer.address, dead)(body)

    def paths(self) -> list[str]:
        return [path for _, path, _ in self.asked]


@dataclass(slots=True)
class SaidRow:
    clock_text: str = "2026-01-01 00:00:00.000000"
    down: bool = False
    written: list[tuple[Endpoint, str, float]] = field(default_factory=list)
    hang: TurnedClock | None = None
    meanwhile: Callable[[], None] = lambda: None

    async def clock(self, endpoint: Endpoint, limit_s: float) -> str:
        if self.hang is not None:
            await self.hang.sleep(limit_s)
        if self.down or self.hang is not None:
            raise NoRow("The database does not answer.")
        return self.clock_text

    async def write(self, endpoint: Endpoint, clock: str, d_s: float, limit_s: float) -> None:
        self.written.append((endpoint, clock, d_s))
        self.meanwhile()

    def close(self) -> None: ...


@dataclass(slots=True)
class SaidGate:
    state: str = "none"
    broken: bool = False
    left_s: float = 0.0

    async def install(self, endpoint: Endpoint) -> None:
        if self.broken:
            raise GateBroken("nft is missing.")
        self.state = self.state if self.state == "open" else "closed"

    async def open(self, endpoint: Endpoint, left_s: float) -> None:
        if self.broken:
            raise GateBroken("nft is missing.")
        self.state, self.left_s = "open", left_s

    async def close(self) -> None:
        self.state = "closed" if self.state != "none" else "none"

    async def remove(self) -> None:
        self.state = "none"


@dataclass(slots=True)
class World:
    """One agent's permit on a disk of its own, with everything outside of it said."""

    folder: Path
    clock: TurnedClock = field(default_factory=TurnedClock)
    peers: SaidPeers = field(default_factory=SaidPeers)
    row: SaidRow = field(default_factory=SaidRow)
    gate: SaidGate = field(default_factory=SaidGate)

    def start(self, agent: str = "here-1") -> tuple[Memory, PermitMemory, Renewing]:
        """As after a start of the agent: everything is read from disk."""
        memory = Memory.load(self.folder / "state", self.folder / "run/endpoint.json")
        known = PermitMemory(memory, self.clock)
        parts = Parts(self.file, self.closing, self.row, self.gate, self.peers)
        return memory, known, Renewing(agent, "nyc3", known, parts, self.clock)

    @property
    def closing(self) -> Closing:
        return Closing(self.folder / "run", self.file, self.clock)

    @property
    def file(self) -> PermitFile:
        return PermitFile(self.folder / "run/permit.json")

    def remembers(self, name: str, text: str) -> None:
        replace_durably(self.folder / "state" / name, text)
