"""The words everything else is made of: region, role, epoch, endpoint."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

RegionName = NewType("RegionName", str)
"""A DigitalOcean region slug, such as `nyc3`."""

Epoch = NewType("Epoch", int)
"""Grows by one each time the group's writer changes. The smaller epoch always loses."""


class Role(StrEnum):
    WRITER = "writer"  # the one region that may take orders
    STANDBY = "standby"  # serves pages read-only


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What an app server reads on every request: which database, in which role, under which epoch."""

    epoch: Epoch
    role: Role
    region: RegionName
    host: str
    port: int
