"""Labels every call to a fake, so that a test can fail exactly one of them. Used by all fakes of `sim`.

One `FakeCalls` is shared by the fakes of a world: its log is the order in which the world was touched.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class _Planned:
    failure: BaseException
    after: bool
    times: int


class FakeCalls:
    """What was called, and what shall fail next."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.on_call: Callable[[str], None] | None = None  # told of each label first; may raise
        self._planned: dict[str, list[_Planned]] = {}

    def fail_next(self, label: str, failure: BaseException, *, after: bool = False, times: int = 1) -> None:
        """The next `times` calls of `label` raise `failure`: before they do anything, or after it was done.

        A lost answer is `Unknown` with `after=True`; a lost request is `Unknown` with `after=False`.
        """
        self._planned.setdefault(label, []).append(_Planned(failure, after, times))

    @contextmanager
    def call(self, label: str) -> Iterator[None]:
        """The body is the effect of the call."""
        self.log.append(label)
        if self.on_call is not None:
            self.on_call(label)
        planned = self._take(label)
        if planned is not None and not planned.after:
            raise planned.failure
        yield
        if planned is not None:
            raise planned.failure

    def count(self, label: str) -> int:
        return self.log.count(label)

    def _take(self, label: str) -> _Planned | None:
        waiting = self._planned.get(label)
        if not waiting:
            return None
        planned = waiting[0]
        planned.times -= 1
        if planned.times <= 0:
            waiting.pop(0)
        return planned
