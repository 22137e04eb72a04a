"""Remembers which faults are in force. Implements the faults port."""

from farshore.model.failure import Refused
from farshore.sim.fake_calls import FakeCalls

KINDS = frozenset({"kill", "freeze", "partition", "api"})


class FakeFaults:
    def __init__(self, calls: FakeCalls | None = None) -> None:
        self.calls = calls or FakeCalls()
        self.active: dict[str, tuple[str, str, dict[str, str]]] = {}
        self._made = 0

    async def add(self, kind: str, target: str, **options: str) -> str:
        with self.calls.call("faults.add"):
            if kind not in KINDS:
                raise Refused(f"There is no fault of kind {kind}.", f"Use one of {', '.join(sorted(KINDS))}.")
            self._made += 1
            fault = f"f{self._made}"
            self.active[fault] = (kind, target, dict(options))
        return fault

    async def remove(self, fault: str) -> None:
        with self.calls.call("faults.remove"):
            self.active.pop(fault, None)
