"""What becomes of one entry of the shop: on a disk of the other region in time, or spooled here, or neither.

The shop waits for the answer, so it comes within the store's time-out whatever hangs. Which of the three is good enough
for a checkout is the shop's business.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from farshore.agent.journal_courier import Courier, Reply, Word
from farshore.agent.journal_file import NotKept
from farshore.agent.journal_store import StoreJournal
from farshore.model.order_entry import OrderEntry
from farshore.ports.agent_wire import Json

REMOTE_SHARE = 0.8  # of the time-out; the rest is for the spool
_NOBODY = "This agent was not told yet which app servers the other region has."


@dataclass(frozen=True, slots=True)
class Kept:
    where: str  # journal | spool | no
    by: tuple[str, ...] = ()
    why: str = ""
    epoch: int = 0  # somebody has seen this larger one: the shop must not acknowledge

    def to_json(self) -> Json:
        body: Json = {"kept": self.where}
        if self.by:
            body["by"] = list(self.by)
        if self.why:
            body["why"] = self.why
        if self.epoch:
            body["epoch"] = self.epoch
        return body


class Keeping:
    def __init__(self, courier: Courier, epoch: Callable[[], int], spooled: Callable[[], None]) -> None:
        """`epoch`: the largest that this agent has seen. `spooled` is called when there is something to deliver."""
        self._courier = courier
        self._epoch = epoch
        self._spooled = spooled

    async def keep(self, journal: StoreJournal, entry: OrderEntry) -> Kept:
        loop = asyncio.get_running_loop()
        timeout_s = journal.terms.timeout_ms / 1000
        until_s = loop.time() + timeout_s
        seen = self._epoch()
        if entry.epoch > seen:
            return Kept("no", why=f"Epoch {entry.epoch} is not known here: this agent has seen epoch {seen}.")
        if entry.epoch < seen:
            return await self._spool(journal, entry, until_s, f"Epoch {entry.epoch} is over.", seen)
        replies = await self._ask(entry, timeout_s * REMOTE_SHARE)
        by = tuple(reply.peer for reply in replies if reply.word is Word.KEPT)
        if by:
            return Kept("journal", by)
        larger = max((reply.epoch for reply in replies if reply.word is Word.OVER), default=0)
        return await self._spool(journal, entry, until_s, _why(replies), larger)

    async def _ask(self, entry: OrderEntry, limit_s: float) -> list[Reply]:
        """The replies until one has it on disk. The other peers go on, and so may have it too."""
        until_s = asyncio.get_running_loop().time() + limit_s
        pending = set(self._courier.send([entry], False, limit_s))
        replies: list[Reply] = []
        while pending:
            left_s = until_s - asyncio.get_running_loop().time()
            done, pending = await asyncio.wait(pending, timeout=max(0.0, left_s), return_when=asyncio.FIRST_COMPLETED)
            replies += [one.result() for one in done]
            if any(reply.word is Word.KEPT for reply in replies):
                break
            if not done:
                replies.append(Reply(Word.SILENT, "", f"no answer within {limit_s * 1000:.0f} ms"))
                break
        return replies

    async def _spool(self, journal: StoreJournal, entry: OrderEntry, until_s: float, why: str, epoch: int) -> Kept:
        writing = asyncio.ensure_future(journal.spool(entry))
        left_s = max(0.001, until_s - asyncio.get_running_loop().time())
        done, _ = await asyncio.wait({writing}, timeout=left_s)
        if not done:  # it may still be written: then it is delivered, and reconciliation knows more than the shop
            writing.add_done_callback(_looked_at)
            return Kept("no", why=f"{why} This machine's own disk does not answer.", epoch=epoch)
        try:
            writing.result()
        except NotKept as error:
            return Kept("no", why=f"{why} {error}", epoch=epoch)
        self._spooled()
        return Kept("spool", why=why, epoch=epoch)


def _why(replies: Sequence[Reply]) -> str:
    said = dict.fromkeys(f"{reply.peer}: {reply.why}" if reply.peer else reply.why for reply in replies)
    return "; ".join(said).rstrip(".") + "." if said else _NOBODY


def _looked_at(task: "asyncio.Future[None]") -> None:
    if not task.cancelled():
        task.exception()
