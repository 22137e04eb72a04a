"""close_checkout: no checkout is begun in the losing region any more, and those that were begun may end.

The cart stays, and the page says that the shop moves. Best effort: the fence behind it is what counts.
"""

import asyncio

from farshore.engine.steps.context import Done, StepContext
from farshore.engine.steps.warm import warm
from farshore.model.failure import Failure, RetryLater

REOPENS_S = 10.0  # what visitors are told; most see nothing of it


async def perform(ctx: StepContext) -> Done:
    await warm(ctx)  # before anything is closed, when it costs nobody anything
    apps = ctx.world.apps[ctx.plan.from_region].all()
    wait_s = ctx.group.permit.soft_s
    closing = (app.close_checkout(ctx.plan.epoch, REOPENS_S, wait_s) for app in apps)
    answers = await asyncio.gather(*closing, return_exceptions=True)
    left, drained = [], True
    for app, answer in zip(apps, answers, strict=True):
        if isinstance(answer, Failure):
            left.append(f"{app.name}: {answer.what.rstrip('.')}")
        elif isinstance(answer, BaseException):
            raise answer
        else:
            drained = drained and answer
    if len(left) == len(apps):
        raise RetryLater(f"No app server of {ctx.plan.from_region} closes its checkout: {'; '.join(left)}.")
    said = "every checkout that was begun has ended" if drained else f"some checkout took longer than {wait_s:g} s"
    return Done(said, tuple(left))
