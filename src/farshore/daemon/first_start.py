"""The guard of an empty store of record: a lost state file must not make a controller believe in the first day.

Without it, a controller that starts on an empty file would grant epoch 1 to the first region and open the
checkout there, although the other region has been selling under a larger epoch for a year.
"""

import asyncio
from dataclasses import dataclass

from farshore.engine.world import World
from farshore.model.failure import Failure, Refused, Unreachable
from farshore.model.grant import Grant, held
from farshore.model.group import Group, Place
from farshore.model.keys import grant_key
from farshore.model.region import Epoch, RegionName, Role

ASK_S = 5.0


@dataclass(frozen=True, slots=True)
class Memory:
    """What one place remembers."""

    place: Place
    silence: Failure | None  # why its database could not be asked
    epoch: int  # the largest; 0 for none
    sells: bool  # one of its app servers is writer


async def refuse_unknown_past(group: Group, world: World) -> None:
    """Refused when the store of record has no grant, and the group has a past or nobody can tell."""
    record = await world.coordination.read(grant_key(group.name))
    if record.value:
        held(group, record.value)  # refused when it is held by no region of this group
        return
    remedy = "Put the old state file back. If it is lost, say which region sells: `farshore watch --adopt REGION`."
    first, second = await asyncio.gather(_remember(group.first, world), _remember(group.second, world))
    for memory in (first, second):
        name, region = memory.place.database, memory.place.region
        if memory.epoch > 1:
            raise Refused(f"The store of record is empty, but {region} remembers epoch {memory.epoch}.", remedy)
        if isinstance(memory.silence, Refused):
            raise memory.silence  # a wrong token or name is mended by no state file
        if memory.silence is not None:
            why = f"The store of record is empty, and {name} does not answer what it remembers: {memory.silence.what}"
            raise Refused(why, remedy)
    if second.sells:
        raise Refused(
            f"The store of record is empty, but {second.place.region} sells, and not the first region.", remedy
        )


async def adopt(group: Group, world: World, region: RegionName) -> Grant:
    """Write the grant anew, above every epoch that anybody who answers remembers. Refused when there is one."""
    record = await world.coordination.read(grant_key(group.name))
    if record.value:
        known = Grant.from_json(record.value)
        raise Refused(f"The store of record grants epoch {known.epoch} to {known.holder}.", "Start without --adopt.")
    memories = await asyncio.gather(_remember(group.first, world), _remember(group.second, world))
    grant = Grant(Epoch(max(memory.epoch for memory in memories) + 1), region)
    await world.coordination.swap(None, record, grant.to_json())
    return grant


async def _remember(place: Place, world: World) -> Memory:
    known, views = await asyncio.gather(
        _database_epoch(place, world),
        asyncio.gather(*(app.view() for app in world.apps[place.region].all()), return_exceptions=True),
    )
    silence = known if isinstance(known, Failure) else None
    epoch, sells = (0 if isinstance(known, Failure) else known), False
    for view in views:
        if isinstance(view, Failure):
            continue
        if isinstance(view, BaseException):
            raise view
        if view.endpoint is not None:
            epoch = max(epoch, view.endpoint.epoch)
            sells = sells or view.endpoint.role is Role.WRITER
    return Memory(place, silence, epoch, sells)


async def _database_epoch(place: Place, world: World) -> int | Failure:
    """The failure: why it cannot be asked."""
    try:
        async with asyncio.timeout(ASK_S):
            server = await world.cloud.database(place.database)
            if server is None:
                return Refused(
                    f"There is no database {place.database} in the account.",
                    "Correct its name in farshore.yaml; if it is gone, say which region sells: "
                    "`farshore watch --adopt REGION`.",
                )
            database = world.database(server)
            try:
                return await database.epoch() or 0
            finally:
                await database.close()
    except TimeoutError:
        return Unreachable(f"It gave no answer within {ASK_S:g} s.")
    except Failure as error:
        return error
