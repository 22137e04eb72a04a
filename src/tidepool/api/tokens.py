"""Who asks, and what they may do. Scopes are DigitalOcean's `<resource>:<verb>`."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Token:
    """An API token; `scopes` None is a token with full access."""

    secret: str
    scopes: frozenset[str] | None = None

    def may(self, any_of: Iterable[str]) -> bool:
        wanted = set(any_of)
        return self.scopes is None or not wanted or bool(wanted & self.scopes)
