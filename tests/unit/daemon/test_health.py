"""Trouble with the store of record is said once, and its end is."""

import asyncio
from dataclasses import dataclass

from farshore.daemon.health import tell_store_trouble


@dataclass
class Seen:
    store_ok: bool = True
    term: int = 1
    leads_until_s: float = 10.0

    def leads(self, now_s: float) -> bool:
        return now_s < self.leads_until_s


def _told(*states: Seen) -> list[str]:
    """What is said while one state follows the other, each looked at twice; it is second 10 then."""
    said: list[str] = []
    looks = [state for state in states for _ in range(2)]

    async def tell() -> None:
        done = asyncio.Event()

        def look() -> Seen:
            if len(looks) == 1:
                done.set()
            return looks.pop(0) if len(looks) > 1 else looks[0]

        telling = asyncio.create_task(tell_store_trouble(look, said.append, lambda: 10.0, every_s=0.0))
        await done.wait()
        telling.cancel()

    asyncio.run(tell())
    return said


AGAIN = "the store of record can be written again"
TROUBLE = "the store of record cannot be read or written, so nothing is begun: look at its disk"


def test_a_journal_that_cannot_be_written() -> None:
    assert _told(Seen(leads_until_s=12), Seen(store_ok=False, leads_until_s=12), Seen(leads_until_s=12)) == [
        TROUBLE,
        AGAIN,
    ]


def test_a_lease_that_ran_out_unrenewed() -> None:
    """On a quiet day nothing but the lease is written."""
    assert _told(Seen(leads_until_s=12), Seen(), Seen(leads_until_s=12)) == [TROUBLE, AGAIN]


def test_another_leader_is_no_trouble() -> None:
    assert _told(Seen(leads_until_s=12), Seen(term=0)) == []
