"""What somebody saw, and when. Ages are seconds on the seer's own clock, so no two clocks are ever compared."""

from dataclasses import dataclass
from enum import StrEnum

from farshore.model.region import Epoch, RegionName


class Door(StrEnum):
    """What was knocked at."""

    BROWSE = "browse"  # GET a page through the region's public balancer, TLS and public Host header
    BUY = "buy"  # the deep check: the region's app wrote to and read from its database
    REFERENCE = "reference"  # a target of the vantage point's own, to tell a dead store from a blind eye


@dataclass(frozen=True, slots=True)
class Look:
    """One knock at one door."""

    door: Door
    region: RegionName  # for REFERENCE: the vantage point's own place
    ok: bool
    took_s: float
    why: str = ""  # one of: refused, timeout, tls, status 503, body, dns ... ; empty when ok


@dataclass(frozen=True, slots=True)
class Sighting:
    """The last looks of one vantage point at one door, newest first decided by `streak`."""

    vantage: str  # unique name of the seer
    place: str  # where it stands: a region slug, or any other name for outside
    door: Door
    region: RegionName
    ok: bool  # the newest look
    streak: int  # how many looks in a row, the newest included, said the same
    age_s: float  # since the newest look ended
    why: str = ""


@dataclass(frozen=True, slots=True)
class Marker:
    """The row that the leader writes on the writer each second and reads on the standby."""

    epoch: Epoch
    sequence: int


@dataclass(frozen=True, slots=True)
class Position:
    """How far a database has got, in its own words: an LSN, or a GTID set."""

    engine: str
    text: str
