"""Remembers what people were told. Implements the notifier port."""

from farshore.ports.notifier import Notice
from farshore.sim.fake_calls import FakeCalls


class FakeNotifier:
    def __init__(self, calls: FakeCalls | None = None) -> None:
        self.calls = calls or FakeCalls()
        self.told: list[Notice] = []

    async def tell(self, notice: Notice) -> None:
        with self.calls.call("notifier.tell"):
            self.told.append(notice)
