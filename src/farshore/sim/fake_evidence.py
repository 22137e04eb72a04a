"""Evidence in memory. Implements the evidence port."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from farshore.ports.evidence import WriteLine
from farshore.sim.fake_calls import FakeCalls


@dataclass(slots=True)
class FakeEvidence:
    calls: FakeCalls = field(default_factory=FakeCalls)
    kept: dict[str, tuple[str, ...]] = field(default_factory=dict)

    async def keep(self, name: str, work: Callable[[WriteLine], Awaitable[None]]) -> str:
        with self.calls.call("evidence.keep"):
            lines: list[str] = []
            await work(lines.append)
            self.kept[name] = tuple(lines)
        return f"memory/{name}"
