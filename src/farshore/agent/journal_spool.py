"""What this app server took itself and the other region has not got yet: one file a store, emptied when delivered.

Synchronous; called from one thread at a time.
"""

from pathlib import Path

from farshore.agent.journal_file import JournalFile, NotKept, lines
from farshore.agent.memory import MemoryFull, replace_durably
from farshore.model.order_entry import OrderEntry
from farshore.model.order_journal import JournalTerms


class JournalSpool:
    def __init__(self, folder: Path, store: str, terms: JournalTerms) -> None:
        self._path = folder / f"{store}.jsonl"
        self._mark = folder / f"{store}.delivered"  # up to which byte it was delivered
        self._terms = terms
        self._file: JournalFile | None = None
        self._delivered = 0
        self.exposed = 0
        self.oldest_at_ms: int | None = None
        self.warnings: list[str] = []

    def open(self) -> None:
        """Nothing is made where nothing is. Raises NotKept."""
        if self._path.exists():
            self._opened()

    def append(self, entries: list[OrderEntry]) -> None:
        """On disk when it returns. Raises NotKept."""
        file = self._opened()
        if file.tally.bytes >= self._terms.max_mb * 1024 * 1024:
            raise NotKept(
                f"The spool {self._path} has reached {self._terms.max_mb} MB; the other region takes nothing."
            )
        file.append(entries)
        self.exposed += len(entries)
        if self.oldest_at_ms is None:
            self.oldest_at_ms = entries[0].at_ms

    def waiting(self, entries_max: int, bytes_max: int) -> tuple[list[OrderEntry], int]:
        """The oldest that were not delivered, all of one epoch, and where they end."""
        found: list[OrderEntry] = []
        end = self._delivered
        for line in lines(self._path, self._delivered):
            if line.entry is not None:
                other = bool(found) and line.entry.epoch != found[0].epoch
                if other or len(found) >= entries_max or (line.end - self._delivered > bytes_max and found):
                    break
                found.append(line.entry)
            end = line.end
        return found, end

    def delivered(self, end: int, entries: int) -> None:
        """Raises NotKept: they are delivered again then, which is harmless."""
        file = self._opened()
        self.exposed = max(0, self.exposed - entries)
        if end < file.tally.bytes:
            self._write_mark(end)
            self._delivered = end
            rest, _ = self.waiting(1, 1)
            self.oldest_at_ms = rest[0].at_ms if rest else None
            return
        # The mark goes first: a crash between the two delivers again what was delivered.
        self._write_mark(0)
        self._delivered = 0
        file.empty()
        self.exposed, self.oldest_at_ms = 0, None

    def read(self, after: str, limit: int, bytes_max: int) -> tuple[list[OrderEntry], str, int]:
        """Raises ValueError for a bad cursor."""
        if after and not (after.isascii() and after.isdigit()):
            raise ValueError("The field after is empty, or the next of an earlier page.")
        begin = max(int(after or 0), self._delivered)
        found, damaged, end = [], 0, begin
        for line in lines(self._path, begin):
            end = line.end
            if line.entry is None:
                damaged += 1
                continue
            found.append(line.entry)
            if len(found) >= limit or end - begin >= bytes_max:
                break
        return found, str(end), damaged

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _opened(self) -> JournalFile:
        if self._file is None:
            file = JournalFile(self._path)
            if file.cut:
                self.warnings.append(f"{file.cut} bytes of a torn write were cut off {self._path}.")
            self._file = file
            self._delivered = self._read_mark(file.tally.bytes)
            for line in lines(self._path, self._delivered):
                if line.entry is not None:
                    self.exposed += 1
                    if self.oldest_at_ms is None:
                        self.oldest_at_ms = line.entry.at_ms
        return self._file

    def _read_mark(self, size: int) -> int:
        """Where it does not fit the file, all is delivered again."""
        try:
            mark = int(self._mark.read_text())
            if 0 < mark <= size:
                with self._path.open("rb") as file:
                    file.seek(mark - 1)
                    return mark if file.read(1) == b"\n" else 0
        except (OSError, ValueError):
            return 0
        return 0

    def _write_mark(self, end: int) -> None:
        try:
            replace_durably(self._mark, f"{end}\n")
        except MemoryFull as error:
            raise NotKept(str(error)) from error
