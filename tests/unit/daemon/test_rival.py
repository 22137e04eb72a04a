"""A second controller at work is said once, and so is its end."""

import asyncio

from farshore.daemon.beside_another import SILENCE_S
from farshore.daemon.rival import tell_rival
from farshore.ports.app import AgentView, Heard

ALONE = (AgentView("web-1", "nyc3", None, ()), None)


def _beside(age_s: float, controller: str = "c2") -> tuple[AgentView | None, ...]:
    return (*ALONE, AgentView("web-2", "sfo3", None, (), heard=Heard(controller, age_s)))


def _told(*looks: tuple[AgentView | None, ...]) -> list[str]:
    """What is said while one look follows the other, each taken twice."""
    said: list[str] = []
    left = [look for look in looks for _ in range(2)]

    async def tell() -> None:
        done = asyncio.Event()

        def look() -> tuple[AgentView | None, ...]:
            if len(left) == 1:
                done.set()
            return left.pop(0) if len(left) > 1 else left[0]

        telling = asyncio.create_task(tell_rival(look, said.append, every_s=0.0))
        await done.wait()
        telling.cancel()

    asyncio.run(tell())
    return said


SAID = "c2 acts for this group too, with a state file of its own: stop one of the two at once"


def test_a_rival_is_said_once_and_so_is_its_end() -> None:
    assert _told(ALONE, _beside(0.1), _beside(0.3), _beside(SILENCE_S), ALONE) == [SAID, "c2 has fallen silent"]


def test_another_rival_is_another_line() -> None:
    assert _told(_beside(0.1), _beside(0.1, "c3")) == [SAID, SAID.replace("c2", "c3")]


def test_one_that_is_long_gone_is_no_rival() -> None:
    assert _told(ALONE, _beside(600.0)) == []
