"""The plain shop as a furnishing: all of it fits into user_data, and its database is filled by SQL.

`python -m tidepool.store.plain ENGINE DOMAIN FOLDER permit|no-permit managed|self-run`; endpoint, token, CA: the
environment.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import Any

from tidepool.shop.user_data import user_data
from tidepool.store import self_run, two_regions
from tidepool.store.account import Json
from tidepool.store.blueprint import WRITER, Site
from tidepool.store.furnishing import Wish
from tidepool.store.seed import seed


class Plain:
    """Implements Furnishing."""

    name = "plain"

    def __init__(self, wish: Wish) -> None:
        self._wish = wish

    def user_data(self, settings: Mapping[str, Any], endpoint: Mapping[str, Any], ca_pem: str) -> str:
        return user_data(settings, endpoint, ca_pem)

    async def equip(self, site: Site, droplets: list[Json]) -> None:
        """Nothing: user_data brought it all."""

    async def fill(self, admin: Json, writers: Awaitable[Any]) -> list[int]:
        return await asyncio.to_thread(seed, self._wish.engine, admin, self._wish.ca_file)

    def proof(self, site: Site) -> str:
        """The writer also writes, unless that needs the permit of an agent that is not there yet."""
        return "/healthz/deep" if site is WRITER and not self._wish.permit else "/"

    def made(self) -> Json:
        return {}


if __name__ == "__main__":
    engine, domain, folder, permit, databases = sys.argv[1:6]
    wish = Wish(engine, domain, permit == "permit", Path(folder), os.environ["TIDEPOOL_CA_FILE"])
    sys.exit((self_run.main if databases == "self-run" else two_regions.main)(Plain, wish))
