"""Tells people by running a command of theirs. Implements the notifier port."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict

from farshore.model.failure import RetryLater
from farshore.ports.notifier import Notice


class CommandNotifier:
    """The notice is JSON on standard input, so that no list of processes shows it and no word of it is an option."""

    def __init__(self, command: Sequence[str], timeout_s: float = 10.0) -> None:
        self._command = tuple(command)
        self._timeout_s = timeout_s

    async def tell(self, notice: Notice) -> None:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as error:
            raise RetryLater(
                f"The command {self._command[0]} cannot be started: {error.strerror}.", after_s=5.0
            ) from error
        try:
            async with asyncio.timeout(self._timeout_s):
                await process.communicate(json.dumps(asdict(notice)).encode())
        except TimeoutError as error:
            raise RetryLater(f"The command {self._command[0]} did not end in {self._timeout_s:g} s.") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            raise RetryLater(f"The command {self._command[0]} ended with status {process.returncode}.", after_s=5.0)
