"""The start of a controller beside another one: refused on the word of the agents, whom both would command.

One state file has a lock for this. Two state files share nothing but the agents, and without this check two
controllers of the same epoch would each lead, write markers over each other's, and fail over by themselves.
"""

import asyncio
from dataclasses import dataclass

from farshore.engine.world import World
from farshore.model.failure import Failure, Refused
from farshore.model.region import RegionName
from farshore.ports.app import App, Heard

SILENCE_S = (
    5.0  # a controller at work speaks to each agent several times a second; one that does not for so long is gone
)
ASK_S = 1.5  # an agent that has not answered by then is no witness
LATER_S = 0.3  # the others' time after the first answer: a dead region's agents must not hold up a controller's restart


@dataclass(frozen=True, slots=True)
class Witness:
    agent: str
    region: RegionName
    heard: Heard


async def refuse_beside_another(world: World) -> None:
    """Refused when an agent says that another controller spoke to it within the last SILENCE_S.

    No agent answers: there is no witness, and nobody at whom two controllers could point differently either.
    """
    witnesses = [witness for witness in await _ask_all(world) if witness.heard.age_s < SILENCE_S]
    if not witnesses:
        return
    last = min(witnesses, key=lambda witness: witness.heard.age_s)
    raise Refused(
        f"Another controller acts for this group, with a state file of its own: {last.heard.controller} spoke to agent "
        f"{last.agent} in {last.region} {last.heard.age_s:.1f} s ago.",
        f"Leave it to that one, or stop it: {SILENCE_S:g} s after its last word this one starts.",
    )


async def _ask_all(world: World) -> list[Witness]:
    asked = [asyncio.create_task(_ask(app, region)) for region, apps in world.apps.items() for app in apps.all()]
    waiting, patience_s = set(asked), ASK_S
    witnesses: list[Witness] = []
    try:
        while waiting:
            done, waiting = await asyncio.wait(waiting, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                break
            for answers, witness in (task.result() for task in done):
                patience_s = LATER_S if answers else patience_s
                witnesses += [witness] if witness is not None else []
    finally:
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
    return witnesses


async def _ask(app: App, region: RegionName) -> tuple[bool, Witness | None]:
    """Whether it answered, and whom it has heard."""
    try:
        view = await app.view()
    except Failure:
        return False, None
    return True, Witness(app.name, region, view.heard) if view.heard is not None else None
