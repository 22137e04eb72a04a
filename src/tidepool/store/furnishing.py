"""What is asked for, and what a kind of shop has to say of itself. Spoken between two_regions.py and the kinds."""

import sys
import time
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from tidepool.store.account import Json
from tidepool.store.blueprint import Site


@dataclass(frozen=True, slots=True)
class Wish:
    """What the customer asked for."""

    engine: str
    domain: str
    permit: bool
    folder: Path  # for keys, secrets and what was made
    ca_file: str
    began: float = field(default_factory=time.monotonic)

    @property
    def ssh_key(self) -> Path:
        return self.folder / "ssh_key"

    def say(self, what: str) -> None:
        print(f"[{time.monotonic() - self.began:5.1f} s] {what}", file=sys.stderr, flush=True)


class Furnishing(Protocol):
    """What makes a shop of servers that are there."""

    name: str  # as `tidepool store NAME`

    def user_data(self, settings: Mapping[str, Any], endpoint: Mapping[str, Any], ca_pem: str) -> str:
        """An app server's first-boot script."""

    async def equip(self, site: Site, droplets: list[Json]) -> None:
        """A region's app servers are active: bring them what does not fit into user_data."""

    async def fill(self, admin: Json, writers: Awaitable[Any]) -> list[int]:
        """Fills the writer's database; the products' ids. `writers` is done when its app servers are equipped."""

    def proof(self, site: Site) -> str:
        """The page whose 200 says that this region's door leads to a shop."""

    def made(self) -> Json:
        """What of this kind belongs into store.json."""
