"""The received journal of one store: a file for each hour, found again after a crash, deleted when it is old.

Synchronous; one thread at a time writes, and reading needs no lock, for files only grow.
"""

import json
import os
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from farshore.agent.journal_file import JournalFile, NotKept, Tally, lines, tally
from farshore.model.order_entry import OrderEntry
from farshore.model.order_journal import JournalState, JournalTerms

_KEYS_MAX = 100_000  # repeated entries are found among so many: a repetition follows within seconds
_SURE_S = 3600.0  # a clock that was put forward by mistake deletes nothing within this time
_NAME = "%Y%m%d%H"
_DAY_S = 86400.0


class JournalBook:
    def __init__(self, folder: Path, terms: JournalTerms) -> None:
        """Opens nothing yet: `open` reads what is there, which may take seconds."""
        self._folder = folder
        self._terms = terms
        self._closed: dict[str, Tally] = {}  # by hour
        self._sum = Tally()  # of those: asked for several times a second, and a month has 720 hours
        self._current: tuple[str, JournalFile] | None = None
        self._keys: OrderedDict[tuple[str, str, int], None] = OrderedDict()
        self._due_s: dict[str, float] = {}  # since when an hour is old enough to be deleted
        self.warnings: list[str] = []

    def open(self) -> None:
        hours = self._hours()
        for hour in hours:
            self._closed[hour] = _known(self._path(hour)) or tally(self._path(hour))
        for hour in hours[-2:]:
            for line in lines(self._path(hour)):
                if line.entry is not None:
                    self._remember(line.entry)
        if hours:
            self._turn_to(hours[-1])

    def append(self, entries: list[OrderEntry]) -> None:
        """On disk when it returns; what is there already is not written again. Raises NotKept."""
        new: dict[tuple[str, str, int], OrderEntry] = {}
        for entry in entries:
            if entry.key not in self._keys:
                new.setdefault(entry.key, entry)
        if not new:
            return
        self._make_room()
        hour = time.strftime(_NAME, time.gmtime())
        self._turn_to(hour).append(list(new.values()))
        for entry in new.values():
            self._remember(entry)

    def state(self) -> JournalState:
        held = self._held()
        return JournalState(held.entries, held.bytes, held.oldest_at_ms, held.largest_id)

    def read(self, after: str, limit: int, bytes_max: int) -> tuple[list[OrderEntry], str, int]:
        """Entries, the cursor behind them, and how many lines were unreadable. Raises ValueError for a bad cursor."""
        after_hour, begin = _cursor(after)
        found: list[OrderEntry] = []
        size, damaged = 0, 0
        for hour in self._hours():
            if hour < after_hour:
                continue
            offset = begin if hour == after_hour else 0
            for line in lines(self._path(hour), offset):
                length, offset = line.end - offset, line.end
                if line.entry is None:
                    damaged += 1
                    continue
                found.append(line.entry)
                size += length
                if len(found) >= limit or size >= bytes_max:
                    return found, f"{hour}:{line.end}", damaged
            after = f"{hour}:{offset}"
        return found, after, damaged

    def tidy(self, mono_s: float) -> None:
        """Deletes what is older than it may be."""
        keep = timedelta(days=self._terms.keep_days)
        old = {hour for hour in self._hours() if _age(hour) > keep}
        self._due_s = {hour: self._due_s.get(hour, mono_s) for hour in old}
        for hour, since_s in sorted(self._due_s.items()):
            if mono_s - since_s >= _SURE_S:
                self._delete(hour)

    def close(self) -> None:
        if self._current is not None:
            hour, file = self._current
            file.close()
            self._closed[hour] = file.tally
            self._sum, self._current = _together(self._closed.values()), None

    def _make_room(self) -> None:
        """Only what is older than a day gives way: newer orders may still be missing in the database."""
        limit = self._terms.max_mb * 1024 * 1024
        if self._held().bytes < limit:
            return
        for hour in self._hours():
            if self._held().bytes >= limit and _age(hour).total_seconds() > _DAY_S:
                self._delete(hour)
        if self._held().bytes >= limit:
            raise NotKept(
                f"The journal in {self._folder} has reached {self._terms.max_mb} MB within a day; "
                "raise journal.max_mb of the store in farshore.yaml and deploy the agents."
            )

    def _turn_to(self, hour: str) -> JournalFile:
        if self._current is not None and self._current[0] == hour and self._path(hour).exists():
            return self._current[1]
        left = self._current[0] if self._current is not None else None
        self.close()
        file = JournalFile(self._path(hour))
        if file.cut:
            self.warnings.append(f"{file.cut} bytes of a torn write were cut off {self._path(hour)}.")
        self._closed.pop(hour, None)
        self._sum, self._current = _together(self._closed.values()), (hour, file)
        if left is not None and left in self._closed:
            _note_down(self._path(left), self._closed[left])
        return file

    def _delete(self, hour: str) -> None:
        if self._current is not None and self._current[0] == hour:
            self.close()
        try:
            self._path(hour).unlink(missing_ok=True)
            _notes(self._path(hour)).unlink(missing_ok=True)
        except OSError as error:
            self.warnings.append(f"The file {self._path(hour)} cannot be deleted: {error.strerror}.")
            return
        self._closed.pop(hour, None)
        self._sum = _together(self._closed.values())
        self._due_s.pop(hour, None)

    def _held(self) -> Tally:
        current = self._current  # asked for by another thread than the one that writes
        return self._sum if current is None else _together((self._sum, current[1].tally))

    def _remember(self, entry: OrderEntry) -> None:
        self._keys[entry.key] = None
        while len(self._keys) > _KEYS_MAX:
            self._keys.popitem(last=False)

    def _hours(self) -> list[str]:
        try:
            names = os.listdir(self._folder)
        except FileNotFoundError:
            return []
        return sorted(
            name[:10] for name in names if len(name) == 16 and name.endswith(".jsonl") and name[:10].isdigit()
        )

    def _path(self, hour: str) -> Path:
        return self._folder / f"{hour}.jsonl"


def _together(tallies: Iterable[Tally]) -> Tally:
    found = list(tallies)
    return Tally(
        entries=sum(one.entries for one in found),
        bytes=sum(one.bytes for one in found),
        oldest_at_ms=min((one.oldest_at_ms for one in found if one.oldest_at_ms is not None), default=None),
        largest_id=max((one.largest_id for one in found), default=0),
        damaged=sum(one.damaged for one in found),
    )


def _age(hour: str) -> timedelta:
    """Since its last moment; for a name that is no hour, none."""
    try:
        begun = datetime.strptime(hour, _NAME).replace(tzinfo=UTC)
    except ValueError:
        return timedelta(0)
    return datetime.now(UTC) - begun - timedelta(hours=1)


def _cursor(after: str) -> tuple[str, int]:
    if not after:
        return "", 0
    hour, colon, offset = after.partition(":")
    if not (len(hour) == 10 and colon and (hour + offset).isascii() and hour.isdigit() and offset.isdigit()):
        raise ValueError("The field after is empty, or the next of an earlier page.")
    return hour, int(offset)


def _notes(path: Path) -> Path:
    return path.with_suffix(".tally")


def _note_down(path: Path, found: Tally) -> None:
    """So that the next start need not read the file. Not fsynced: one that does not fit is not believed."""
    try:
        _notes(path).write_text(json.dumps(asdict(found)))
    except OSError:
        return


def _known(path: Path) -> Tally | None:
    try:
        found = Tally(**json.loads(_notes(path).read_text()))
        return found if found.bytes == path.stat().st_size else None
    except (OSError, ValueError, TypeError):
        return None
