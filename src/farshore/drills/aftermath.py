"""After the fault is mended: which regions take orders, and what the old database holds."""

import asyncio
import time
from dataclasses import dataclass

from farshore.drills.command import Progress
from farshore.drills.lab import Facts, Lab
from farshore.drills.order_rows import read_rows
from farshore.drills.orders import Row
from farshore.drills.stagehand import StageHand
from farshore.model.failure import Refused

SETTLED_WITHIN_S = 60.0
ASK_EVERY_S = 1.5  # each time is a new process: more often would be a load of its own
SETTLED_S = 8.0  # longer than a permit and its renewal: who could open by mistake has had the time for it


@dataclass(frozen=True, slots=True)
class Aftermath:
    open_in: tuple[str, ...]  # at the end
    ever_open: tuple[tuple[str, ...], ...]  # each different answer on the way there, in order
    old_rows: tuple[Row, ...] | None  # None: the old database did not answer, or nothing has moved
    note: str = ""

    @property
    def failings(self) -> tuple[str, ...]:
        found = [self.note] if self.note else []
        if len(self.open_in) != 1:
            found.append(f"Orders are taken in {' and '.join(self.open_in) or 'no region'} after all was mended.")
        if any(len(regions) > 1 for regions in self.ever_open):
            found.append("Two regions at once said that they take orders while it was mended.")
        return tuple(found)


async def mend_and_look(lab: Lab, facts: Facts, stage: StageHand, say: Progress) -> Aftermath:
    say("everything is mended")
    await stage.mend()
    seen: list[tuple[str, ...]] = []
    began = last_change = time.monotonic()
    while time.monotonic() - began < SETTLED_WITHIN_S:
        regions = tuple(await lab.open_regions(facts))
        if not seen or seen[-1] != regions:
            seen.append(regions)
            last_change = time.monotonic()
        if len(regions) == 1 and time.monotonic() - last_change > SETTLED_S:
            break
        await asyncio.sleep(ASK_EVERY_S)
    say(f"orders are taken in {' and '.join(seen[-1]) or 'no region'}")
    if seen[-1] == (facts.writer,):
        return Aftermath(seen[-1], tuple(seen), None)
    try:
        rows = tuple(await read_rows(lab, facts, facts.writer, fenced=True))
    except Refused as refusal:
        return Aftermath(seen[-1], tuple(seen), None, f"The database of {facts.writer} could not be read: {refusal}")
    return Aftermath(seen[-1], tuple(seen), rows)
