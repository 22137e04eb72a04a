"""The founding script as a contestant in a drill."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from farshore.drills.command import Progress, Running, start
from farshore.drills.lab import Facts, Lab
from farshore.model.failure import Refused


class FoundingScript:
    name = "the founding script"
    allow_unfenced = True  # it fences nothing

    def __init__(self, lab: Lab, facts: Facts, folder: Path, interval_s: float, say: Progress) -> None:
        self._lab = lab
        self._facts = facts
        self._folder = folder
        self._interval_s = interval_s
        self._say = say
        self._running: Running | None = None

    @property
    def pid(self) -> int:
        assert self._running is not None
        return self._running.process.pid

    async def prepare(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        token = self._folder / "token"
        token.unlink(missing_ok=True)
        with os.fdopen(os.open(token, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(self._facts.token + "\n")
        store = self._facts.store
        argv = [sys.executable, "-m", "farshore.drills.founding", "--url", f"https://{self._facts.domain}/"]
        argv += ["--zone", store["zone"], "--record", store["record"], "--token-file", str(token)]
        argv += ["--address", self._facts.region(self._facts.standby)["balancer"]["ip"]]
        argv += ["--endpoint", self._facts.env["endpoint_inside"], "--ca-file", self._facts.ca_file]
        argv += ["--interval-s", f"{self._interval_s:g}"]
        self._running = await start("founding", self._lab.inside("lon1", *argv), self._folder / "founding.log")
        await self._look_after(0.0)
        self._say(f"the founding script looks every {self._interval_s:g} s from lon1")

    async def ready_for_fault(self) -> None:
        """Half an interval after a look: what chance gives on average."""
        looked = self._looks()[-1]
        due = looked + self._interval_s / 2
        if due < time.monotonic():
            due = await self._look_after(looked) + self._interval_s / 2
        self._say(f"half an interval after a look is in {max(0.0, due - time.monotonic()):.0f} s")
        await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def journal(self) -> Sequence[Mapping[str, Any]]:
        return ()

    async def end(self) -> None:
        if self._running is not None:
            await self._running.end()

    async def _look_after(self, moment_s: float) -> float:
        deadline = time.monotonic() + self._interval_s + 30
        while time.monotonic() < deadline:
            newer = [at for at in self._looks() if at > moment_s]
            if newer:
                return newer[-1]
            await asyncio.sleep(0.2)
        raise Refused(f"The founding script does not look: {self._log().read_text()[-300:]}", f"See {self._log()}.")

    def _looks(self) -> list[float]:
        lines = self._log().read_text().splitlines() if self._log().exists() else []
        found = [json.loads(line) for line in lines if line.startswith("{")]
        return [float(line["at_s"]) for line in found if line["kind"] == "look"]

    def _log(self) -> Path:
        return self._folder / "founding.log"
