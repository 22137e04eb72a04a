"""Running other programs: those that answer, and those that run beside the drill until it ends them by their pid."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from farshore.model.failure import Refused

T = TypeVar("T")

PATIENCE_S = 300.0
END_WITHIN_S = 5.0


def run_to_end(work: Coroutine[Any, Any, T]) -> T:
    """SIGTERM is treated as Ctrl-C: what the drill began, it ends."""

    async def cancellable() -> T:
        task = asyncio.ensure_future(work)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await task

    try:
        return asyncio.run(cancellable())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


class Progress:
    """Lines with the time since the start, because a silent minute looks like a hang."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._began = time.monotonic()

    def __call__(self, text: str) -> None:
        if not self._quiet:
            print(f"[{time.monotonic() - self._began:6.1f} s] {text}", file=sys.stderr, flush=True)


def program(name: str) -> str:
    """Of the environment that this interpreter belongs to, whatever PATH says."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else name


async def answer(argv: Sequence[str], env: Mapping[str, str] | None = None, timeout_s: float = PATIENCE_S) -> str:
    """Its standard output. Refused when it fails, with the end of what it said."""
    code, out, err = await outcome(argv, env, timeout_s)
    if code != 0:
        said = (err.strip() or out.strip())[-600:]
        raise Refused(f"`{_shown(argv)}` failed: {said.rstrip('.')}.", "Mend that, then start the drill again.")
    return out


async def outcome(
    argv: Sequence[str], env: Mapping[str, str] | None = None, timeout_s: float = PATIENCE_S
) -> tuple[int, str, str]:
    """(exit code, standard output, standard error)."""
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **(env or {})},
        )
    except FileNotFoundError:
        raise Refused(
            f"There is no program {argv[0]!r} on this machine.", "Run `make setup`, then try again."
        ) from None
    try:
        out, err = await asyncio.wait_for(process.communicate(), timeout_s)
    except BaseException as error:  # also when the drill is interrupted: nothing is left running
        process.kill()
        await process.wait()
        if isinstance(error, TimeoutError):
            raise Refused(f"`{_shown(argv)}` did not end within {timeout_s:.0f} s.", "See what it waits for.") from None
        raise
    return process.returncode or 0, out.decode(errors="replace"), err.decode(errors="replace")


async def relay(argv: Sequence[str], say: Progress, env: Mapping[str, str] | None = None) -> str:
    """Like `answer`, but each line of standard error is shown as it comes: for long work that tells how far it is."""
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **(env or {})},
        )
    except FileNotFoundError:
        raise Refused(
            f"There is no program {argv[0]!r} on this machine.", "Run `make setup`, then try again."
        ) from None
    assert process.stdout is not None
    assert process.stderr is not None
    reading = asyncio.create_task(process.stdout.read())
    last = ""
    try:
        async for line in process.stderr:
            last = line.decode(errors="replace").rstrip()
            say(f"  {last}")
        out = (await reading).decode(errors="replace")
        code = await process.wait()
    except BaseException:
        reading.cancel()
        process.terminate()  # it may have something to clean up itself
        await process.wait()
        raise
    if code != 0:
        raise Refused(f"`{_shown(argv)}` failed: {last.rstrip('.')}.", "Mend that, then start the drill again.")
    return out


@dataclass(frozen=True, slots=True)
class Running:
    """A program that runs beside the drill; its output goes to `log`."""

    name: str
    process: asyncio.subprocess.Process
    log: Path

    @property
    def alive(self) -> bool:
        return self.process.returncode is None

    def last_words(self) -> str:
        return self.log.read_text(errors="replace").strip()[-400:]

    async def end(self) -> None:
        """SIGTERM, then SIGKILL; by pid."""
        if not self.alive:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), END_WITHIN_S)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


async def start(name: str, argv: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> Running:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out, env={**os.environ, **(env or {})}
        )
    return Running(name, process, log)


def _shown(argv: Sequence[str]) -> str:
    return " ".join([Path(argv[0]).name, *argv[1:]])[:160]
