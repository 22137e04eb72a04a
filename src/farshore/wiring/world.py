"""Settings -> the world that the engine acts on: the one place where adapters are chosen."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from farshore.engine.world import World
from farshore.model.failure import Refused
from farshore.ports.cloud import Cloud
from farshore.settings.settings import Settings


@contextmanager
def open_cloud(settings: Settings) -> Iterator[Cloud]:
    raise Refused(f"{settings.file}: the provider's adapter is not there yet.")
    yield


@asynccontextmanager
async def open_world(settings: Settings) -> AsyncIterator[World]:
    raise Refused(f"{settings.file}: the provider's adapter is not there yet.")
    yield
