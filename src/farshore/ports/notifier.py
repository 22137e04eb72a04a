"""Telling people. Best effort by promise: a lost message never stops a plan."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Notice:
    group: str
    level: str  # info | warning | critical
    title: str
    text: str


class Notifier(Protocol):
    async def tell(self, notice: Notice) -> None:
        """Raises RetryLater when it could not be handed over."""
        ...
