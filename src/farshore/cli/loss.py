"""What an ordered failover would lose, in seconds of orders: named first, so that it can be accepted."""

import json
from dataclasses import dataclass

from farshore.cli.status_page import STALE_S
from farshore.engine.last_marker import from_status
from farshore.model.grant import Grant
from farshore.model.group import Group
from farshore.model.keys import status_key
from farshore.model.region import RegionName
from farshore.ports.clock import Clock
from farshore.ports.coordination import Coordination


@dataclass(frozen=True, slots=True)
class Loss:
    region: RegionName  # where the orders are that would be lost
    seconds: float | None  # None: nobody can tell
    unwatched_s: float = 0.0  # part of `seconds` in which nobody looked, so that it may be less

    @property
    def sentence(self) -> str:
        if self.seconds is None:
            return (
                "Loss: no controller has watched the standby since this machine was started, so how far it is behind "
                f"is not known: orders taken in {self.region} at any time since then may be lost."
            )
        if self.unwatched_s:
            return (
                f"Loss: nobody has watched the standby for {self.unwatched_s:.0f} s: orders taken in the last "
                f"{self.seconds:.0f} s in {self.region} may be lost."
            )
        return (
            f"Loss: the standby is {self.seconds:.1f} s behind: orders taken in the last {self.seconds:.1f} s "
            f"in {self.region} would be lost."
        )


async def name_loss(store: Coordination, clock: Clock, group: Group, grant: Grant) -> Loss:
    """From the last leader's status record; what nobody has watched since then counts as lost."""
    record = await store.read(status_key(group.name))
    last = from_status(record.value, clock.boot())
    if last is None or last.epoch != grant.epoch:
        return Loss(grant.holder, None)
    try:
        body = json.loads(record.value)
        age_s, behind_s = max(0.0, clock.now_s() - float(body["at_s"])), body["marker"]["behind_s"]
        if behind_s is None:
            return Loss(grant.holder, None)
        unwatched_s = age_s if age_s > STALE_S else 0.0
        return Loss(grant.holder, float(behind_s) + unwatched_s, unwatched_s)
    except (ValueError, KeyError, TypeError):
        return Loss(grant.holder, None)
