"""One store's journal on this app server: what it received, what of its own it spooled, and what troubles both."""

import asyncio
import contextlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from farshore.agent.journal_book import JournalBook
from farshore.agent.journal_commit import GroupCommit
from farshore.agent.journal_file import NotKept
from farshore.agent.journal_spool import JournalSpool
from farshore.model.order_entry import OrderEntry
from farshore.model.order_journal import JournalState, JournalTerms

_BYTES_MAX = 600 * 1024  # of a page: an answer between agents holds 1 MiB


class StoreJournal:
    def __init__(self, state: Path, name: str, terms: JournalTerms) -> None:
        self.name = name
        self.terms = terms
        self._book = JournalBook(state / "journal" / name, terms)
        self._spool = JournalSpool(state / "spool", name, terms)
        self._book_writes = GroupCommit(f"journal-{name}", self._book.append)
        self._spool_writes = GroupCommit(f"spool-{name}", self._spool.append)
        self._troubles: dict[str, str] = {}
        self._opened = asyncio.Event()

    @property
    def exposed(self) -> int:
        return self._spool.exposed

    async def open(self) -> None:
        """Reads what is there. A disk in trouble is told, and tried again with the first entry."""
        with self._told("journal", NotKept):
            await self._book_writes.run(self._book.open)
        with self._told("spool", NotKept):
            await self._spool_writes.run(self._spool.open)
        self._opened.set()
        self._tell_warnings()

    async def receive(self, entries: Sequence[OrderEntry]) -> None:
        """On disk when it returns. Raises NotKept."""
        await self._opened.wait()  # what is there already must be known first
        try:
            await self._book_writes.put(entries)
        except NotKept as error:
            self.say("journal", str(error))
            raise
        self._troubles.pop("journal", None)
        self._tell_warnings()

    async def spool(self, entry: OrderEntry) -> None:
        """On disk when it returns. Raises NotKept."""
        await self._opened.wait()
        try:
            await self._spool_writes.put([entry])
        except NotKept as error:
            self.say("spool", str(error))
            raise
        self._troubles.pop("spool", None)
        self._tell_warnings()

    async def waiting(self, entries_max: int, bytes_max: int) -> tuple[list[OrderEntry], int]:
        return await self._spool_writes.run(lambda: self._spool.waiting(entries_max, bytes_max))

    async def delivered(self, end: int, entries: int) -> None:
        with self._told("spool", NotKept):
            await self._spool_writes.run(lambda: self._spool.delivered(end, entries))

    async def read(self, after: str, limit: int, spool: bool) -> tuple[list[OrderEntry], str, int]:
        """Raises ValueError for a bad cursor."""
        if spool:
            return await self._spool_writes.run(lambda: self._spool.read(after, limit, _BYTES_MAX))
        return await self._book_writes.run(lambda: self._book.read(after, limit, _BYTES_MAX))

    def state(self) -> JournalState:
        reading = "" if self._opened.is_set() else "What is on disk is still being read."
        trouble = next(iter(self._troubles.values()), reading)
        return replace(self._book.state(), exposed=self._spool.exposed, trouble=trouble)

    async def tidy(self, mono_s: float) -> None:
        await self._book_writes.run(lambda: self._book.tidy(mono_s))
        self._tell_warnings()

    async def stop(self) -> None:
        await self._book_writes.stop(self._book.close)
        await self._spool_writes.stop(self._spool.close)

    def say(self, part: str, sentence: str) -> None:
        """Once, until it is over; an empty sentence ends it."""
        if sentence and self._troubles.get(part) != sentence:
            print(f"Journal of {self.name}: {sentence}", file=sys.stderr, flush=True)
        if sentence:
            self._troubles[part] = sentence
        else:
            self._troubles.pop(part, None)

    @contextlib.contextmanager
    def _told(self, part: str, failure: type[Exception]) -> Iterator[None]:
        try:
            yield
        except failure as error:
            self.say(part, str(error))

    def _tell_warnings(self) -> None:
        for warnings in (self._book.warnings, self._spool.warnings):
            while warnings:
                print(f"Journal of {self.name}: {warnings.pop(0)}", file=sys.stderr, flush=True)
