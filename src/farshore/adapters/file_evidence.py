"""Files of mode 0600 in one folder: they hold customers' data. Implements the evidence port."""

import errno
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from farshore.model.failure import Refused, RetryLater
from farshore.ports.evidence import WriteLine


class FileEvidence:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, name: str, work: Callable[[WriteLine], Awaitable[None]]) -> str:
        path = self._folder / name
        beside = path.with_name(f".{name}.part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                await work(lambda line: _write(file.write, line))
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
            self._sync_folder()
        except OSError as error:
            raise self._failure(path, error) from error
        finally:
            beside.unlink(missing_ok=True)
        return str(path)

    def _sync_folder(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @staticmethod
    def _failure(path: Path, error: OSError) -> RetryLater | Refused:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return RetryLater(f"The disk of {path.parent} is full; nothing was kept.", "Free some space.", 5.0)
        return Refused(f"{path} cannot be written: {error.strerror}.", "Mend that folder.")


def _write(write: Callable[[str], int], line: str) -> None:
    write(line + "\n")
