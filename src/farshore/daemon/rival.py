"""Says on the output that another controller acts beside this one: two that started in the same moment, or one that was
frozen and came back after it had been replaced. The start's check cannot see those."""

import asyncio
from collections.abc import Callable, Iterable

from farshore.daemon.beside_another import SILENCE_S
from farshore.ports.app import AgentView

LOOK_EVERY_S = 0.5


async def tell_rival(
    views: Callable[[], Iterable[AgentView | None]], say: Callable[[str], None], every_s: float = LOOK_EVERY_S
) -> None:
    """For ever; one line for each change. `views` are the agents' newest, None where one is silent."""
    told = ""
    while True:
        now = _at_work(views())
        if now and now != told:
            say(f"{now} acts for this group too, with a state file of its own: stop one of the two at once")
        elif told and not now:
            say(f"{told} has fallen silent")
        told = now
        await asyncio.sleep(every_s)


def _at_work(views: Iterable[AgentView | None]) -> str:
    heard = [view.heard for view in views if view is not None and view.heard is not None]
    return min((one.controller for one in heard if one.age_s < SILENCE_S), default="")
