"""Breaks things in a lab through its command line, `tidepool fault`. Implements the faults port."""

import asyncio
from collections.abc import Sequence

from farshore.model.failure import Refused, RetryLater


class LabFaults:
    """`command` is how the lab's program is called, such as ("tidepool",) with its options before the verb."""

    def __init__(self, command: Sequence[str] = ("tidepool",), lab: str | None = None, timeout_s: float = 60.0) -> None:
        self._command = tuple(command)
        self._lab = ("--name", lab) if lab else ()
        self._timeout_s = timeout_s

    async def add(self, kind: str, target: str, **options: str) -> str:
        said = await self._run("add", kind, target, *(f"{key}={value}" for key, value in options.items()))
        words = said.split()
        if not words:
            raise Refused("The lab added a fault but did not say its id.", "Look at tidepool fault list.")
        return words[-1]

    async def remove(self, fault: str) -> None:
        await self._run("remove", fault)

    async def _run(self, verb: str, *words: str) -> str:
        argv = (*self._command, "fault", verb, *words, *self._lab)
        try:
            process = await asyncio.create_subprocess_exec(
                *argv, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL
            )
        except OSError as error:
            raise Refused(f"The lab's program {argv[0]} cannot be started: {error.strerror}.") from error
        try:
            async with asyncio.timeout(self._timeout_s):
                out, problem = await process.communicate()
        except TimeoutError as error:
            raise RetryLater(f"The lab did not answer within {self._timeout_s:g} s.") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            lines = problem.decode(errors="replace").strip().splitlines()
            raise Refused(f"The lab refused: {lines[-1] if lines else process.returncode}")
        return out.decode(errors="replace")
