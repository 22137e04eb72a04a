"""Brings one store's spool to the other region, the oldest first, for as long as it takes."""

import asyncio

from farshore.agent.journal_courier import Courier, Reply, Word
from farshore.agent.journal_store import StoreJournal

_AGAIN_S = 1.0
_LIMIT_S = 3.0
_ENTRIES_MAX = 200
_BYTES_MAX = 190 * 1024


class Delivery:
    def __init__(self, journal: StoreJournal, courier: Courier) -> None:
        self._journal = journal
        self._courier = courier
        self._woken = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        while True:
            if not await self.round():
                self._woken.clear()
                try:
                    async with asyncio.timeout(_AGAIN_S):
                        await self._woken.wait()
                except TimeoutError:
                    continue
                await asyncio.sleep(0.05)  # whatever made the spool necessary is not over in an instant

    async def round(self) -> bool:
        """Whether something was delivered; True means that there may be more."""
        if not self._journal.exposed:
            self._journal.say("delivery", "")
            return False
        entries, end = await self._journal.waiting(_ENTRIES_MAX, _BYTES_MAX)
        if not entries:  # nothing but unreadable lines
            await self._journal.delivered(end, self._journal.exposed)
            return False
        # Late: nobody waits for an answer, so an epoch that is over is no reason to lose what happened under it.
        replies = [asyncio.ensure_future(reply) for reply in self._courier.send(entries, True, _LIMIT_S)]
        kept, why = await _first_kept(replies)
        if kept is None:
            why = why or "none of its agents is known here"
            self._journal.say("delivery", f"The other region takes no entries, so orders are exposed: {why}.")
            return False
        await self._journal.delivered(end, len(entries))
        return True


async def _first_kept(replies: "list[asyncio.Future[Reply]]") -> tuple[Reply | None, str]:
    pending, why = set(replies), ""
    while pending:
        done, pending = await asyncio.wait(pending, timeout=_LIMIT_S, return_when=asyncio.FIRST_COMPLETED)
        for one in done:
            reply = one.result()
            if reply.word is Word.KEPT:
                return reply, ""
            why = f"{reply.peer}: {reply.why.rstrip('.')}"
        if not done:
            return None, "no answer"
    return None, why
