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


def _looked_up(group: Group) -> Parts:
    return asyncio.run(look_up(group, SmallWorld().world(), Parts()))
