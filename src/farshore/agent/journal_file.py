"""One append-only file of journal lines: what is said to be in it is on disk, and its end is never half a line.

Synchronous; its owner calls it from one thread at a time.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from farshore.model.order_entry import OrderEntry


class NotKept(Exception):
    """One clear sentence. Nothing of what was to be written is there."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a file holds up to the end of its last sound line."""

    entries: int = 0
    bytes: int = 0
    oldest_at_ms: int | None = None
    largest_id: int = 0
    damaged: int = 0  # unreadable lines before a sound one: no torn write, so they are left where they are

    def plus(self, entry: OrderEntry, length: int) -> "Tally":
        oldest = entry.at_ms if self.oldest_at_ms is None else min(self.oldest_at_ms, entry.at_ms)
        return Tally(self.entries + 1, self.bytes + length, oldest, max(self.largest_id, entry.order_id), self.damaged)


@dataclass(frozen=True, slots=True)
class Line:
    entry: OrderEntry | None  # None: unreadable
    end: int  # offset behind it


def packed(entry: OrderEntry) -> bytes:
    return json.dumps(entry.to_json(), separators=(",", ":")).encode() + b"\n"


def lines(path: Path, begin: int = 0) -> Iterator[Line]:
    """All whole lines from `begin`, which is the end of one. A file that is not there has none."""
    end = begin
    try:
        with path.open("rb") as file:
            file.seek(begin)
            for raw in file:
                if not raw.endswith(b"\n"):
                    return
                end += len(raw)
                yield Line(_entry(raw), end)
    except FileNotFoundError:
        return


def tally(path: Path) -> Tally:
    """Reads all of it. `bytes` is where its last sound line ends: what lies behind that was torn by a crash."""
    found, damaged = Tally(), 0
    for line in lines(path):
        if line.entry is None:
            damaged += 1
            continue
        sound = found.plus(line.entry, 0)
        found = Tally(sound.entries, line.end, sound.oldest_at_ms, sound.largest_id, damaged)
    return found


class JournalFile:
    """Open for appending from the end of its last sound line; what was torn behind it is cut off."""

    def __init__(self, path: Path) -> None:
        """Raises NotKept."""
        self._path = path
        try:
            _make_folder(path.parent)
            new = not path.exists()
            self.tally = tally(path)
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self.cut = os.fstat(self._descriptor).st_size - self.tally.bytes  # bytes
            if self.cut:
                os.ftruncate(self._descriptor, self.tally.bytes)
                os.fsync(self._descriptor)
            if new:  # a file whose name is not on disk is not on disk
                sync_folder(path.parent)
        except OSError as error:
            raise NotKept(f"The file {path} cannot be opened: {error.strerror}; mend the disk.") from error

    def append(self, entries: list[OrderEntry]) -> None:
        """On disk when it returns, all of them; raises NotKept with none of them in the file."""
        found, data = self.tally, []
        for entry in entries:
            data.append(packed(entry))
            found = found.plus(entry, len(data[-1]))
        try:
            _write_all(self._descriptor, b"".join(data), self.tally.bytes)
            os.fdatasync(self._descriptor)  # with the file's new length, without its times
        except OSError as error:
            self._undo()
            raise NotKept(
                f"The file {self._path} cannot be written: {error.strerror}; free space or mend the disk."
            ) from error
        self.tally = found

    def empty(self) -> None:
        """Raises NotKept."""
        try:
            os.ftruncate(self._descriptor, 0)
            os.fsync(self._descriptor)
        except OSError as error:
            raise NotKept(f"The file {self._path} cannot be emptied: {error.strerror}; mend the disk.") from error
        self.tally = Tally()

    def close(self) -> None:
        os.close(self._descriptor)

    def _undo(self) -> None:
        """The next append writes at the same place, so what cannot be cut off now is overwritten or cut later."""
        try:
            os.ftruncate(self._descriptor, self.tally.bytes)
        except OSError:
            return


def sync_folder(folder: Path) -> None:
    """Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)


def _write_all(descriptor: int, data: bytes, offset: int) -> None:
    left = memoryview(data)
    while left:
        written = os.pwrite(descriptor, left, offset)
        left, offset = left[written:], offset + written


def _entry(raw: bytes) -> OrderEntry | None:
    try:
        return OrderEntry.from_json(json.loads(raw))
    except (ValueError, RecursionError):
        return None
