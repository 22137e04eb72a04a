"""One acting process per state file: a lock that the kernel drops when its holder dies, however it dies.

The lease in the store of record keeps two controllers from acting at once; this lock gives the second one
a clear sentence at once, and tells the other verbs whether a daemon lives. A second `farshore watch`
exits instead of waiting: its supervisor starts it again, and no one wonders which of two is talking.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType

from farshore.model.failure import Refused


def lock_path(state_file: Path) -> Path:
    return state_file.with_name(state_file.name + ".lock")


class Lock:
    """A context manager. Raises Refused on entry when somebody else holds it."""

    def __init__(self, state_file: Path, what: str) -> None:
        self._path = lock_path(state_file)
        self._what = what  # told to those who find it held
        self._descriptor = -1

    def __enter__(self) -> "Lock":
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Refused(
                f"{self._path}: the lock file cannot be opened ({error.strerror}).",
                "Give this user the folder of state_file, or set another state_file.",
            ) from None
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = _read(self._descriptor)
            os.close(self._descriptor)
            raise Refused(
                f"Another farshore acts for this group already ({holder or 'unknown process'}).",
                "Leave it to it, or stop it first; `farshore status` shows what it does.",
            ) from None
        try:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"{self._what}, process {os.getpid()}\n".encode(), 0)
        except OSError:
            pass  # a full disk: the lock holds all the same, only its label is missing
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)


def holder_of(state_file: Path) -> str | None:
    """What runs, such as "farshore watch, process 123"; None when nobody holds the lock."""
    try:
        descriptor = os.open(lock_path(state_file), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Refused(
            f"{lock_path(state_file)}: cannot be read ({error.strerror}).", "Run this as the daemon's user."
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _read(descriptor) or "unknown process"
    finally:
        os.close(descriptor)
    return None


def _read(descriptor: int) -> str:
    return os.pread(descriptor, 200, 0).decode(errors="replace").strip()
