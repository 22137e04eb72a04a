"""Settings -> a running controller."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from farshore.daemon.beside_another import refuse_beside_another
from farshore.daemon.first_start import adopt, refuse_unknown_past
from farshore.engine.controller import Controller
from farshore.model.failure import Refused
from farshore.model.region import RegionName
from farshore.plan.journal import Event
from farshore.settings.settings import Settings
from farshore.wiring.permit_relay import permit_relay
from farshore.wiring.world import open_world


@asynccontextmanager
async def controller(
    settings: Settings, on_event: Callable[[Event], None], adopted: str | None = None
) -> AsyncIterator[Controller]:
    """`adopted`: the region that sells, said by an operator who has lost the store of record."""
    async with open_world(settings, fresh=False) as world:
        if adopted is None:
            await refuse_unknown_past(settings.group, world)
            await refuse_beside_another(world)
        else:
            await refuse_beside_another(world)
            await adopt(settings.group, world, RegionName(adopted))
        vantage = settings.controller
        leading = Controller(settings.group, world, vantage.name, vantage.place, on_event)
        async with permit_relay(settings, world, leading):
            yield leading


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
