"""Handing one endpoint to all app servers of a region, in parallel. Used by fence_app and open_checkout."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from farshore.model.failure import Failure, Refused, RetryLater
from farshore.model.region import Endpoint
from farshore.ports.app import App, Bridge
from farshore.ports.clock import Clock

STRAGGLERS_S = 0.4  # how long the others are waited for once one app server has answered


@dataclass(frozen=True, slots=True)
class Pointed:
    done: tuple[str, ...]
    left: tuple[str, ...]  # `name: why`
    refused: bool  # somebody said no


async def point_all(
    apps: Sequence[App],
    endpoint: Endpoint,
    clock: Clock,
    *,
    hurry: bool,
    bridge: Bridge | None = None,
    whole: bool = False,
) -> Pointed:
    """With `hurry`, a dead app server does not hold up the live ones: it is left for later.

    Breaking a command off is safe: an endpoint is replaced whole or not at all, and the same one again is no change.
    """
    tasks = {asyncio.create_task(_point(app, endpoint, bridge, whole)): app.name for app in apps}
    pending = set(tasks)
    alarm: asyncio.Task[None] | None = None
    try:
        while pending:
            waiting = pending | ({alarm} if alarm is not None else set())
            ended, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            pending -= ended
            if alarm in ended:
                break
            if hurry and alarm is None and any(task.exception() is None for task in ended):
                alarm = asyncio.create_task(_alarm(clock))
    finally:
        for one in (*pending, *((alarm,) if alarm is not None else ())):
            one.cancel()
    return _sum_up(tasks, pending)


async def _point(app: App, endpoint: Endpoint, bridge: Bridge | None, whole: bool) -> None:
    await app.point(endpoint, bridge, whole)


async def _alarm(clock: Clock) -> None:
    await clock.sleep(STRAGGLERS_S)


def _sum_up(tasks: dict[asyncio.Task[None], str], pending: set[asyncio.Task[None]]) -> Pointed:
    done, left, refused = [], [], False
    for task, name in tasks.items():
        if task in pending:
            left.append(f"{name}: no answer yet")
        elif (error := task.exception()) is None:
            done.append(name)
        elif isinstance(error, Failure):
            refused = refused or isinstance(error, Refused)
            left.append(f"{name}: {error.what.rstrip('.')}")
        else:
            raise error
    return Pointed(tuple(sorted(done)), tuple(sorted(left)), refused)


def failure(pointed: Pointed, what: str) -> Failure:
    """Refused when all that is left is a "no"; otherwise it may work later."""
    kind = Refused if pointed.refused and not pointed.done else RetryLater
    return kind(f"{what}: {'; '.join(pointed.left) or 'there are none'}.")
