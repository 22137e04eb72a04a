"""One observer that may lead: the machine, its hands and its loops. Runs as daemon and for one failover."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from farshore.engine.inputs import NotLed
from farshore.engine.loops import agents, lease, markers, permits, probes, status, tick
from farshore.engine.obey import ORDER_STANDS_S
from farshore.engine.shell import Shell
from farshore.engine.state import State
from farshore.engine.within import within
from farshore.engine.world import World
from farshore.model.failure import Failure
from farshore.model.group import Group
from farshore.model.keys import operator_key
from farshore.model.operator import OperatorWord, Word
from farshore.model.verdict import Call
from farshore.plan.journal import Event, PlanFinished

LOOPS = (lease.run, tick.run, probes.run, markers.run, permits.run, agents.run, status.run)
RESIGN_S = 2.0
MEASURE_S = 5.0  # an order that accepts a loss waits so long for this controller's own measure of the lag


@dataclass(frozen=True, slots=True)
class Ending:
    """How a one-shot run ended: `finished`, `stuck`, `aborted` or `refused` (with the verdict's sentence)."""

    how: str
    why: str
    plan: str = ""


class Controller:
    """`name` is its own in the store of record; `place` any name outside both regions."""

    def __init__(
        self, group: Group, world: World, name: str, place: str, on_event: Callable[[Event], None] | None = None
    ) -> None:
        self.group = group
        self.world = world
        self.shell = Shell(group, world, name, place, on_event)

    @property
    def state(self) -> State:
        return self.shell.state

    async def run(self, stop: asyncio.Event) -> None:
        """Watch, and lead when nobody else does, until `stop`. Returns with leadership resigned.

        Raises what a loop raised: anything but a Failure is a bug, and half a controller is worse than none.
        """
        shell = self.shell
        tasks = [asyncio.create_task(shell.serve(), name="serve")]
        tasks += [asyncio.create_task(loop(shell), name=loop.__module__) for loop in LOOPS]
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            await asyncio.wait({*tasks, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*tasks, stopping):
                task.cancel()
            results = await asyncio.gather(*tasks, stopping, return_exceptions=True)
            await self._resign()
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def carry_out(self, order: OperatorWord, timeout_s: float = 900.0) -> Ending:
        """One shot: give the operator's word (with the time at which it is given), lead, carry the plan to its end.

        `refused` when another controller leads (it has the word by then, and obeys) or the verdict does not allow it.
        """
        stop = asyncio.Event()
        running = asyncio.create_task(self.run(stop))
        watching = asyncio.create_task(self._until_ended(order))
        alarm = asyncio.create_task(_sleep(self.world, timeout_s))
        try:
            await asyncio.wait({running, watching, alarm}, return_when=asyncio.FIRST_COMPLETED)
            if watching.done():
                return watching.result()
            if running.done():
                running.result()
            return Ending("stuck", f"The plan has not ended within {timeout_s:g} s; it goes on under `farshore watch`.")
        finally:
            stop.set()
            for task in (watching, alarm):
                task.cancel()
            await asyncio.gather(running, watching, alarm, return_exceptions=True)

    async def _until_ended(self, order: OperatorWord) -> Ending:
        shell, begun_s = self.shell, self.world.clock.now_s()
        before, revision, ordered_s, why = "", 0, begun_s, ""
        while True:
            shell.changed.clear()
            now_s = shell.now_s()
            if not revision and shell.acting and shell.parts.whole and self._measured(order, now_s - begun_s):
                before = self._plan_id() if not self.state.ledger.active else ""
                revision, ordered_s = await self._order(order), now_s
            elif not revision and now_s - begun_s > ORDER_STANDS_S:
                return Ending("refused", self._why_not())
            elif revision:
                if self.state.standing(now_s) is not None:
                    why = self._why_not()  # what stood in the way while the order stood
                ending = self._ending(before, revision, now_s - ordered_s, why)
                if ending is not None:
                    return ending
            await shell.changed.wait()

    def _measured(self, order: OperatorWord, waited_s: float) -> bool:
        known = self.state.markers.read is not None
        if order.word is Word.SWITCHOVER:
            return known and self.state.would is not None and self.state.would.verdict.call is Call.FAIL_OVER
        return not order.accept_loss or known or waited_s > MEASURE_S

    async def _order(self, order: OperatorWord) -> int:
        coordination, key = self.world.coordination, operator_key(self.group.name)
        record = await coordination.read(key)
        paused = OperatorWord.from_json(record.value, record.revision).paused
        word = replace(order, at=self.world.clock.wall(), paused=paused)
        return (await coordination.swap(None, record, word.to_json())).revision

    def _ending(self, before: str, revision: int, waited_s: float, why: str) -> Ending | None:
        state, ledger = self.state, self.state.ledger
        plan = self._plan_id()
        if plan and plan != before and ledger.revision >= revision:
            if ledger.stuck is not None and not state.in_flight:
                return Ending("stuck", ledger.stuck.why, plan)
            if not ledger.active:
                done = any(isinstance(e, PlanFinished) for e in ledger.events)
                return Ending("finished", "", plan) if done else Ending("aborted", "The plan was aborted.", plan)
            return None
        obeyed = state.operator.revision >= revision and ledger.revision >= revision
        lapsed = obeyed and state.standing(self.shell.now_s()) is None
        if lapsed or waited_s > ORDER_STANDS_S + 5.0:
            answer = ledger.answer if ledger.answer.startswith("refused") else ""
            return Ending("refused", answer or why or self._why_not())
        return None

    def _plan_id(self) -> str:
        return self.state.ledger.plan.id if self.state.ledger.plan is not None else ""

    def _why_not(self) -> str:
        missing = self.shell.parts.missing
        if missing:
            return " ".join(missing.values())
        if self.state.verdict is None:
            return "No verdict could be made; run `farshore check`."
        return f"{self.state.verdict.because} (rule {self.state.verdict.rule})"

    async def _resign(self) -> None:
        shell = self.shell
        leads, lease_held = shell.state.leads(shell.now_s()), shell.lease
        await shell.take(NotLed("stopping"))
        await shell.close()
        if leads:
            try:
                await within(self.world.clock, RESIGN_S, self.world.coordination.resign(lease_held), "The lease")
            except Failure:
                pass  # it runs out by itself


async def _sleep(world: World, seconds: float) -> None:
    await world.clock.sleep(seconds)
