"""The store's address record. Written through the provider, read as the authority serves it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RecordSet:
    name: str  # whole name without final dot: shop.example.com
    type: str  # A
    values: frozenset[str]
    ttl_s: int


class Dns(Protocol):
    async def served(self, name: str, type: str) -> RecordSet:
        """What the authority answers now, past every cache. Empty values when there is no such record."""
        ...

    async def stored(self, name: str, type: str) -> RecordSet:
        """What the provider's API says is stored: differs from `served` when somebody edits by hand, or in flight."""
        ...

    async def replace(self, wanted: RecordSet) -> None:
        """Make the stored set exactly `wanted`; already so is silent success. Safe to repeat after Unknown.

        Refused for an empty set: it would close the store.
        """
        ...
