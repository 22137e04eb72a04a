"""How many lines a log has got since a mark, over its rotation. Each look reads only what is new."""

import contextlib
import os
from pathlib import Path

_CHUNK = 1 << 20


class LineCount:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = 0
        self._inode = 0
        self._offset = 0

    def end(self) -> tuple[int, int]:
        """A mark: where the log ends now."""
        try:
            status = self._path.stat()
        except OSError:
            return (0, 0)
        return (status.st_ino, status.st_size)

    def count_from(self, mark: tuple[int, int]) -> None:
        self._lines, (self._inode, self._offset) = 0, mark

    def count(self) -> int:
        try:
            with self._path.open("rb") as file:
                status = os.fstat(file.fileno())
                if status.st_ino != self._inode:
                    self._rest_of_rotated()
                    self._inode, self._offset = status.st_ino, 0
                elif status.st_size < self._offset:  # truncated in place
                    self._offset = 0
                self._read(file.fileno())
        except OSError:
            pass  # not written yet, or just being rotated
        return self._lines

    def _rest_of_rotated(self) -> None:
        """What came after our last look, before the rotation: logrotate leaves it under the name `.1`."""
        if not self._inode:
            return
        with contextlib.suppress(OSError), self._path.with_name(self._path.name + ".1").open("rb") as file:
            if os.fstat(file.fileno()).st_ino == self._inode:
                self._read(file.fileno())

    def _read(self, descriptor: int) -> None:
        while chunk := os.pread(descriptor, _CHUNK, self._offset):
            self._lines += chunk.count(b"\n")
            self._offset += len(chunk)
