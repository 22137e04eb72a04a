"""Databases that the operator runs himself: what a provider would have seen to."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from farshore.daemon.readiness.finding import Finding, asked, fail, ok, warn
from farshore.model.group import Group


class Shortcoming(Protocol):
    @property
    def what(self) -> str: ...
    @property
    def remedy(self) -> str: ...
    @property
    def breaks(self) -> bool: ...


Ask = Callable[[str], Awaitable[Sequence[Shortcoming]]]


async def check_self_run(group: Group, ask: Ask) -> list[Finding]:
    findings: list[Finding] = []
    for place in (group.first, group.second):
        what = f"self-run {place.database}"

        async def question(name: str = place.database, what: str = what) -> list[Finding]:
            found = await ask(name)
            if not found:
                return [ok(what, "its host lets us in, and its settings are those that a rebuild needs")]
            return [(fail if one.breaks else warn)(what, one.what, one.remedy) for one in found]

        findings += await asked(what, question)
    return findings
