"""Performs the acts of a drill in a lab, remembers what it broke, and mends all of it."""

import asyncio
import os
import signal
import time
from collections.abc import Sequence

from farshore.drills.command import Progress
from farshore.drills.contestant import Contestant, Obedient
from farshore.drills.lab import Facts, Lab
from farshore.drills.scenes import CONTROLLER, VERB, Act
from farshore.model.failure import Refused

ONCE_WITHIN_S = 60.0


class StageHand:
    def __init__(self, lab: Lab, facts: Facts, contestant: Contestant, say: Progress) -> None:
        self._lab, self._facts, self._contestant, self._say = lab, facts, contestant, say
        self._broken: list[str] = []  # ids of faults in force, or CONTROLLER
        self._timed: list[asyncio.Task[None]] = []
        self.played: list[
            tuple[str, float, float]
        ] = []  # commands, and the mending, each with its beginning and its end
        self.missed: list[str] = []  # acts whose moment never came, and commands that failed

    async def perform(self, acts: Sequence[Act]) -> float:
        """The instant at which the first of them began. Those that end by themselves or come later are under way."""
        now = [act for act in acts if not act.once]
        began = await asyncio.gather(*(self._break(act) for act in now))
        for act, (ids, _) in zip(now, began, strict=True):
            if act.lasts_s is not None:
                self._timed.append(asyncio.create_task(self._end_after(act, ids)))
        self._timed += [asyncio.create_task(self._later(act)) for act in acts if act.once]
        return min(at for _, at in began)

    @property
    def waiting(self) -> bool:
        """Something is still to happen by itself."""
        for task in self._timed:
            if task.done():
                task.result()  # what went wrong there goes wrong here
        return not all(task.done() for task in self._timed)

    async def mend(self) -> None:
        """Everything that is still broken."""
        for task in self._timed:
            task.cancel()
        await asyncio.gather(*self._timed, return_exceptions=True)
        began, broken = time.monotonic(), tuple(self._broken)
        for one in broken:
            await self._mend(one)
        if broken:
            self.played.append(("everything is mended", began, time.monotonic()))

    async def _break(self, act: Act) -> tuple[list[str], float]:
        if act.target == CONTROLLER:
            os.kill(self._contestant.pid, signal.SIGSTOP)
            self._broken.append(CONTROLLER)
            return [CONTROLLER], time.monotonic()
        if act.kind == VERB:
            began = time.monotonic()
            await self._order(act)
            return [], began
        found = await asyncio.gather(*(self._fault(act, target) for target in targets(act.target, self._facts)))
        return [number for number, _ in found], min(at for _, at in found)

    async def _order(self, act: Act) -> None:
        words = " ".join((VERB, act.target, *act.options))
        self._say(words)
        if not isinstance(self._contestant, Obedient):
            raise Refused(f"{self._contestant.name} takes no commands, so `{words}` cannot be drilled with it.")
        began = time.monotonic()
        code, said = await self._contestant.obey(act.target, *act.options)
        self.played.append((words, began, time.monotonic()))
        self._say(f"`{words}` has ended with {code}")
        if code != 0:
            self.missed.append(f"`{words}` ended with {code}: {said[-300:]}")

    async def _fault(self, act: Act, target: str) -> tuple[str, float]:
        number, at = await self._lab.fault(act.kind, target, *act.options)
        self._broken.append(number)
        return number, at

    async def _end_after(self, act: Act, ids: Sequence[str]) -> None:
        assert act.lasts_s is not None
        await asyncio.sleep(act.lasts_s)
        self._say(f"after {act.lasts_s:g} s: {act.kind} of {act.target.format(**names(self._facts))} ends")
        await asyncio.gather(*(self._mend(one) for one in ids))

    async def _later(self, act: Act) -> None:
        deadline = time.monotonic() + ONCE_WITHIN_S
        while not any(_begins(line, act.once) for line in await self._contestant.journal()):
            if time.monotonic() > deadline:
                self.missed.append(f"The failover never came to {act.once}, so no {act.kind} of {act.target} was seen.")
                return
            await asyncio.sleep(0.1)
        self._say(f"{act.once} has begun: {act.kind} of {act.target}")
        ids, _ = await self._break(act)
        if act.lasts_s is not None:
            await self._end_after(act, ids)

    async def _mend(self, one: str) -> None:
        if one == CONTROLLER:
            os.kill(self._contestant.pid, signal.SIGCONT)
        else:
            await self._lab.mend(one)
        self._broken.remove(one)


def _begins(line: object, step: str) -> bool:
    return isinstance(line, dict) and line.get("kind") == "step_started" and line.get("step") == step


def names(facts: Facts) -> dict[str, str]:
    made = facts.region(facts.writer)
    return {
        "writer": facts.writer,
        "standby": facts.standby,
        "database": str(made["database"]["name"]),
        "balancer": str(made["balancer"]["name"]),
        "one_app": str(made["droplets"][0]["name"]),
        "app": "every app server",
    }


def targets(pattern: str, facts: Facts) -> list[str]:
    """One of a pattern, or one for every app server."""
    known = names(facts)
    if "{app}" not in pattern:
        return [pattern.format(**known)]
    droplets = facts.region(facts.writer)["droplets"]
    return [pattern.format(**known | {"app": str(droplet["name"])}) for droplet in droplets]
