"""The hands of the machine: takes one input after the other, performs effects in order, feeds back what happened."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from farshore.engine.effects import Append, Cancel, CancelAll, Effect, FirstGrant, Forget, Load, Perform, Tell, WakeAt
from farshore.engine.inputs import GrantMade, Input, Loaded, StepEnded, StoreFailed, Tick, Woke
from farshore.engine.last_marker import from_status
from farshore.engine.machine import step
from farshore.engine.parts import Parts
from farshore.engine.perform import attempt
from farshore.engine.permits import Renewals
from farshore.engine.state import State
from farshore.engine.steps.context import StepContext
from farshore.engine.within import within
from farshore.engine.world import World
from farshore.model.failure import Failure
from farshore.model.grant import Grant
from farshore.model.group import Group
from farshore.model.keys import grant_key, status_key
from farshore.model.region import RegionName
from farshore.plan.journal import Event, from_json, to_json
from farshore.plan.step import StepKind
from farshore.ports.coordination import Lease
from farshore.ports.notifier import Notice

STORE_S = 5.0  # one word with the store of record; it is a local file or a neighbour


class Shell:
    """State changes in `take` only, one input at a time; everything else runs beside it and feeds the queue."""

    def __init__(
        self, group: Group, world: World, name: str, place: str, on_event: Callable[[Event], None] | None = None
    ) -> None:
        self.group = group
        self.world = world
        self.name = name
        self.place = place
        self.state = State(group, name)
        self.parts = Parts()
        self.looked = asyncio.Event()  # the provider has answered once: from then on a plan may be resumed
        self.renewals = Renewals()
        self.changed = asyncio.Event()  # set after every input; whoever waits clears it
        self.lag_s = 0.0  # how late the last tick was
        self._on_event = on_event
        self._queue: asyncio.Queue[Input] = asyncio.Queue()
        self._steps: dict[tuple[str, StepKind], asyncio.Task[None]] = {}
        self._others: set[asyncio.Task[None]] = set()
        self._wakes: set[float] = set()
        self._loading: set[int] = set()

    def now_s(self) -> float:
        return self.world.clock.now_s()

    @property
    def lease(self) -> Lease:
        return Lease(self.name, self.state.term, self.group.thresholds.lease_ttl_s)

    @property
    def acting(self) -> bool:
        state = self.state
        return state.leads(self.now_s()) and state.loaded and state.store_ok and state.grant is not None

    def feed(self, given: Input) -> None:
        self._queue.put_nowait(given)

    def decide_now(self) -> None:
        """After bad news: a verdict that waits for the next tick only makes the outage longer."""
        self.feed(Tick(self.lag_s))

    async def serve(self) -> None:
        """Until cancelled."""
        while True:
            await self.take(await self._queue.get())

    async def take(self, given: Input) -> None:
        """One input and what follows from it. An effect that fails drops those behind it, and the machine is told."""
        out = step(self.state, given, self.now_s())
        self.state = out.state
        for index, effect in enumerate(out.effects):
            try:
                await self._do(effect)
            except Failure as error:
                dropped = {(e.plan.id, e.step) for e in out.effects[index:] if isinstance(e, Perform)}
                self.state = step(self.state, StoreFailed(str(error), frozenset(dropped)), self.now_s()).state
                break
        self.changed.set()

    async def close(self) -> None:
        """Nothing goes on behind our back once leadership is resigned."""
        tasks = [*self._steps.values(), *self._others]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for half in self.parts.halves.values():
            await half.database.close()

    async def _do(self, effect: Effect) -> None:
        match effect:
            case Append():
                body = to_json(effect.event)
                line = self.world.coordination.append(self.lease, body)
                await within(self.world.clock, STORE_S, line, "The journal")
                if self._on_event is not None:
                    self._on_event(effect.event)
            case Perform():
                self._perform(effect)
            case Load():
                if effect.term not in self._loading:
                    self._loading.add(effect.term)
                    self.spawn(self._load(effect.term))
            case FirstGrant():
                record = await self.world.coordination.read(grant_key(self.group.name))
                await self.world.coordination.swap(self.lease, record, effect.grant.to_json())
                self.feed(GrantMade(effect.grant))
            case Cancel():
                for (owner, kind), task in self._steps.items():
                    if owner == effect.plan and kind in effect.steps:
                        task.cancel()
            case CancelAll():
                for task in self._steps.values():
                    task.cancel()
            case Forget():
                await self._forget(effect.region)
            case WakeAt():
                if effect.at_s not in self._wakes:
                    self._wakes.add(effect.at_s)
                    self.spawn(self._wake(effect.at_s))
            case Tell():
                self.spawn(self._tell(effect.notice))

    async def _forget(self, region: RegionName) -> None:
        half = self.parts.halves.get(region)
        self.parts = Parts({name: kept for name, kept in self.parts.halves.items() if name != region})
        if half is not None:
            await half.database.close()

    def _perform(self, order: Perform) -> None:
        context = StepContext(self.world, self.group, order.plan, self.parts, self.lease, order.attempt, order.events)
        context = replace(context, renewals=self.renewals)
        key = (order.plan.id, order.step)
        task = asyncio.create_task(self._attempt(context, order), name=f"{order.plan.id}/{order.step}")
        self._steps[key] = task
        task.add_done_callback(lambda ended: self._steps.pop(key, None) if self._steps.get(key) is ended else None)

    async def _attempt(self, context: StepContext, order: Perform) -> None:
        try:
            self.feed(await attempt(context, order.step, order.attempt_s))
        except asyncio.CancelledError:
            self.feed(StepEnded(order.plan.id, order.step, failed="It was broken off."))
            raise

    async def _load(self, term: int) -> None:
        """Not before the provider was asked for the group's parts: a resumed plan needs them at once."""
        coordination, clock = self.world.coordination, self.world.clock
        try:
            await self.looked.wait()
            lines = await within(clock, STORE_S, _list(coordination.journal()), "The journal")
            record = await within(clock, STORE_S, coordination.read(grant_key(self.group.name)), "The store of record")
            kept = await within(clock, STORE_S, coordination.read(status_key(self.group.name)), "The store of record")
            events = tuple(from_json(line.body) for line in lines)
            grant = Grant.from_json(record.value) if record.value else None
            self.feed(Loaded(events, grant, term, from_status(kept.value, clock.boot())))
        except Failure as error:
            self.feed(StoreFailed(str(error)))
        finally:
            self._loading.discard(term)

    async def _wake(self, at_s: float) -> None:
        await self.world.clock.sleep(max(0.0, at_s - self.now_s()))
        self._wakes.discard(at_s)
        self.feed(Woke())

    async def _tell(self, notice: Notice) -> None:
        try:
            await self.world.notifier.tell(notice)
        except Failure:
            pass  # best effort by promise; status and journal say the same

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Beside the queue; kept until it ends, cancelled with the shell."""
        task = asyncio.create_task(work)
        self._others.add(task)
        task.add_done_callback(self._others.discard)
        return task


async def _list(work: Coroutine[Any, Any, Any]) -> tuple[Any, ...]:
    return tuple(await work)
