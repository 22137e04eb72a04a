"""Breaking things on purpose, for drills. Each fault has an id and can be undone."""

from typing import Protocol


class Faults(Protocol):
    async def add(self, kind: str, target: str, **options: str) -> str:
        """Returns the fault's id. Refused when the lab knows no such kind or target."""
        ...

    async def remove(self, fault: str) -> None: ...
