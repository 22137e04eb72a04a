"""Checkout closed for a planned move: none begins any more, those that were begun end, and the page says until when.

The permit stays what it is, for whoever is in a checkout still writes under it; only its margin is made larger than
what is left, and it is not renewed. So a controller that dies in the middle leaves a shop that opens again by itself.
"""

import contextlib
import fcntl
import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from farshore.agent.clocks import AgentClock
from farshore.agent.permit_file import NotWritten, PermitFile

_LOOK_S = 0.02


class Closing:
    def __init__(self, run: Path, file: PermitFile, clock: AgentClock) -> None:
        self._note = run / "closed.json"
        self._lock = run / "checkouts.lock"
        self._file = file
        self._clock = clock
        self._until_ns = self._recalled()

    def left_s(self) -> float:
        """How long checkout stays closed by this word; 0 when it is not."""
        return max(0.0, (self._until_ns - self._clock.now().boot_ns) / 1e9)

    def close(self, reopens_s: float) -> None:
        """Until the permit that is held runs out. Raises NotWritten."""
        held = self._file.read()
        now_ns = self._clock.now().boot_ns
        if held is not None and held.until.boot_ns > now_ns:
            self._until_ns = held.until.boot_ns  # first: a renewal on its way must not write its own
            self._file.write(replace(held, soft_ns=max(held.until.boot_ns, held.until.mono_ns)))
        reopens_at = datetime.now(UTC) + timedelta(seconds=reopens_s)
        note = {
            "reopens_at": reopens_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "why": "The shop is moving to other machines.",
            "until_boot_ns": self._until_ns,
        }
        beside = self._note.with_name(self._note.name + ".new")
        try:
            beside.write_text(json.dumps(note) + "\n")
            beside.chmod(0o644)
            beside.rename(self._note)
        except OSError as error:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise NotWritten(f"The file {self._note} cannot be written: {error.strerror}; free space there.") from error

    async def drained(self, wait_s: float) -> bool:
        """Whether every checkout that was begun has ended: each holds a shared lock until its answer is out."""
        until_ns = self._clock.now().boot_ns + int(wait_s * 1e9)
        while not self._alone():
            if self._clock.now().boot_ns >= until_ns:
                return False
            await self._clock.sleep(_LOOK_S)
        return True

    def open(self) -> None:
        """With the next `point`, whatever it says."""
        self._until_ns = 0
        with contextlib.suppress(OSError):
            self._note.unlink(missing_ok=True)

    def tidy(self) -> None:
        """A note outlives neither its permit nor a move that was given up."""
        if self._until_ns and self.left_s() == 0:
            self.open()

    def _alone(self) -> bool:
        try:
            descriptor = os.open(self._lock, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError:
            return False  # not known, and so not drained
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        finally:
            os.close(descriptor)
        return True

    def _recalled(self) -> int:
        """After a restart of the agent; /run and its clock have the same boot."""
        try:
            return int(json.loads(self._note.read_text())["until_boot_ns"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0
