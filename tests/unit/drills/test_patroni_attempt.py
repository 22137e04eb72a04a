"""A bout is begun again once, and left out by name and reason; what is no refusal is a bug and ends the bench."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from farshore.drills.command import Progress
from farshore.drills.patroni_attempt import Mark, attempt
from farshore.model.failure import Refused

QUIET = Progress(quiet=True)


def failing(times: int, error: Exception, faulted: bool = False) -> Callable[[Mark], Awaitable[int]]:
    left = [error] * times

    async def play(mark: Mark) -> int:
        mark.faulted = faulted
        if left:
            raise left.pop()
        return 7

    return play


def test_the_second_attempt_counts() -> None:
    problems: list[str] = []
    assert asyncio.run(attempt("a", failing(1, Refused("Not steady.", "")), problems, QUIET)) == 7
    assert problems == []


def test_after_two_it_is_left_out_by_name() -> None:
    problems: list[str] = []
    assert asyncio.run(attempt("the cut", failing(2, Refused("Not steady.", "")), problems, QUIET)) is None
    assert len(problems) == 2
    assert all("the cut" in one and "Not steady." in one for one in problems)


def test_a_bug_is_not_tried_again() -> None:
    with pytest.raises(ValueError, match="bug"):
        asyncio.run(attempt("a", failing(1, ValueError("bug")), [], QUIET))


def test_what_failed_after_the_fault_is_not_played_again() -> None:
    """A second try would have given the good figure, and that is why there is none."""
    problems: list[str] = []
    unread = failing(1, Refused("The new writer cannot be read.", ""), faulted=True)
    assert asyncio.run(attempt("the cut", unread, problems, QUIET)) is None
    assert ["after the fault" in one for one in problems] == [True]
