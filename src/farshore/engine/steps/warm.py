"""Connections that the gaining side's next steps need, made while something else takes its time."""

import contextlib

from farshore.engine.steps.context import StepContext
from farshore.model.failure import Failure


async def warm(ctx: StepContext) -> None:
    """Never fails: a connection that could not be made is made when it is needed, or fails there."""
    with contextlib.suppress(Failure):
        await ctx.gaining.database.warm(sorted({store.database for store in ctx.group.stores}))
