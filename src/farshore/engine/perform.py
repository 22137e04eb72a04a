"""One attempt of one step, and what it means for the plan when it fails."""

from typing import Any, cast

from farshore.engine.inputs import StepEnded
from farshore.engine.steps.context import StepContext
from farshore.engine.steps.executors import EXECUTORS
from farshore.engine.within import within
from farshore.model.failure import Failure, Refused, RetryLater
from farshore.plan.step import StepKind


async def attempt(context: StepContext, kind: StepKind, attempt_s: float) -> StepEnded:
    """Never raises but for cancellation. An unknown outcome is tried again: every step looks before it acts."""
    plan = context.plan.id
    try:
        work = cast(Any, EXECUTORS[kind](context))
        done = await within(context.world.clock, attempt_s, work, f"Step {kind}")
    except Refused as error:
        return StepEnded(plan, kind, failed=str(error), retry=False)
    except RetryLater as error:
        return StepEnded(plan, kind, failed=str(error), after_s=error.after_s)
    except Failure as error:
        return StepEnded(plan, kind, failed=str(error))
    except Exception as error:  # a bug: repeating it changes nothing, and the operator must hear of it
        return StepEnded(plan, kind, failed=f"Step {kind} broke: {type(error).__name__}: {error}", retry=False)
    return StepEnded(plan, kind, done.detail, done.left, done.facts)
