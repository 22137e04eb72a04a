"""What the provider says of a place must fit the settings: a grant by a wrong name outlives the name's correction."""

import asyncio
from dataclasses import replace

from small_world import NYC, SFO, SmallWorld
from small_world import group as group_of

from farshore.engine.parts import Parts, look_up
from farshore.model.group import Group
from farshore.model.region import RegionName


def test_a_region_by_a_wrong_name_is_no_part() -> None:
    group = group_of(second=replace(group_of().second, region=RegionName("ams3")))
    parts = _looked_up(group)
    assert (parts.whole, set(parts.halves)) == (False, {NYC})
    database = group_of().second.database
    assert parts.missing[RegionName("ams3")] == (
        f"The database {database} is in {SFO}, not in ams3. Correct region or database in farshore.yaml."
    )


def test_right_names_are_parts() -> None:
    assert _looked_up(group_of()).whole


def test_a_wrong_name_does_not_eat_up_the_rate_limit() -> None:
    """DigitalOcean answers 250 requests a minute; a failover needs some of them, and so does the person who mends."""
    world = SmallWorld()
    del world.cloud.balancers["lb-sfo3"]

    async def watch() -> int:
        async with world.running():
            await world.clock.advance(60)
            return world.calls.count("cloud.database") + world.calls.count("cloud.balancer")

    assert 4 < asyncio.run(watch()) < 60


def _looked_up(group: Group) -> Parts:
    return asyncio.run(look_up(group, SmallWorld().world(), Parts()))
