"""Settings -> a running controller."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from farshore.engine.controller import Controller
from farshore.model.failure import Refused
from farshore.plan.journal import Event
from farshore.settings.settings import Settings
from farshore.wiring.world import open_world


@asynccontextmanager
async def controller(settings: Settings, on_event: Callable[[Event], None]) -> AsyncIterator[Controller]:
    async with open_world(settings) as world:
        vantage = settings.controller
        yield Controller(settings.group, world, vantage.name, vantage.place, on_event)


async def reach_database(settings: Settings, name: str) -> None:
    """Raises a Failure unless the database of that name answers a query."""
    async with open_world(settings) as world:
        server = await world.cloud.database(name)
        if server is None:
            raise Refused(f"There is no database {name} in the account.", "Correct its name in farshore.yaml.")
        database = world.database(server)
        try:
            await database.epoch()
        finally:
            await database.close()
