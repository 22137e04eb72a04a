"""What brings a shop back after a fault: farshore, or something to compare it with."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable


class Contestant(Protocol):
    """A drill prepares it, breaks a region, lets it work and asks afterwards what it did."""

    name: str

    @property
    def allow_unfenced(self) -> bool: ...

    @property
    def pid(self) -> int:
        """Of the process that decides."""

    async def prepare(self) -> None:
        """Ready to act when it returns: it watches, and has found everything well."""

    async def ready_for_fault(self) -> None:
        """Returns at a moment that favours it neither more nor less than chance would."""

    async def journal(self) -> Sequence[Mapping[str, Any]]:
        """Its own account of what it did; empty when it keeps none."""

    async def end(self) -> None:
        """No process of it is left. Never raises."""


@runtime_checkable
class Obedient(Protocol):
    """A contestant that also takes an operator's commands."""

    async def obey(self, *words: str) -> tuple[int, str]:
        """One command, to its end: (exit code, last words)."""
