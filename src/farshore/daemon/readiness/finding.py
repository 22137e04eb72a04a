"""One line of `farshore check`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from farshore.model.failure import Failure


@dataclass(frozen=True, slots=True)
class Finding:
    level: str  # ok | warn | fail
    what: str  # the thing that was looked at, such as "database shop-sfo3"
    detail: str
    remedy: str = ""


def ok(what: str, detail: str) -> Finding:
    return Finding("ok", what, detail)


def warn(what: str, detail: str, remedy: str) -> Finding:
    return Finding("warn", what, detail, remedy)


def fail(what: str, detail: str, remedy: str) -> Finding:
    return Finding("fail", what, detail, remedy)


async def asked(what: str, question: Callable[[], Awaitable[list[Finding]]]) -> list[Finding]:
    """The answer, or the failure as a finding: one thing that cannot be asked hides none of the others."""
    try:
        return await question()
    except Failure as error:
        return [fail(what, error.what, error.hint or "Repair that and check again.")]
