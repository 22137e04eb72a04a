"""Patroni as a contestant: it moves the database, and a small watcher in lon1 moves the shop's DNS record.

Patroni moves no doors. Whoever runs it has something that does; here it is the founding script, asking every second and
moving the record at the first failure, so that the door is never what the shop waits for.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from farshore.drills.command import Progress, Running, start
from farshore.drills.lab import Facts, Lab
from farshore.drills.patroni_cluster import Cluster
from farshore.drills.patroni_settings import Profile
from farshore.model.failure import Refused

LOOK_EVERY_S = 1.0
LOOK_WITHIN_S = 2.0


class Patroni:
    allow_unfenced = False  # its leader stops by itself when it cannot renew its lock

    def __init__(self, lab: Lab, facts: Facts, cluster: Cluster, profile: Profile, folder: Path, say: Progress) -> None:
        self._lab, self._facts, self._cluster, self._profile = lab, facts, cluster, profile
        self._folder, self._say = folder, say
        self._mover: Running | None = None
        self.name = profile.told

    @property
    def pid(self) -> int:
        """Of what runs on the machine itself; Patroni's own processes are on its hosts."""
        assert self._mover is not None
        return self._mover.process.pid

    async def prepare(self) -> None:
        await self._cluster.found(self._profile)

    async def ready_for_fault(self) -> None:
        """Any moment: its loops know nothing of the shoppers, so chance has placed the fault already."""
        first, second = self._cluster.hosts
        roles = await self._cluster.roles(second)
        if roles != {first.name: "leader", second.name: "streaming"}:
            raise Refused(f"Patroni is not well just before the fault: {roles}.", "Start the bench again.")
        self._mover = await self._start_mover()

    async def order(self, *words: str) -> tuple[int, str]:
        raise Refused(f"Patroni takes no orders of farshore's, so not {words[0]} either.", "")

    async def journal(self) -> Sequence[Mapping[str, Any]]:
        return ()

    async def end(self) -> None:
        if self._mover is not None:
            await self._mover.end()
        await self._cluster.end()

    async def _start_mover(self) -> Running:
        store, token = self._facts.store, self._folder / "token"
        self._folder.mkdir(parents=True, exist_ok=True)
        token.unlink(missing_ok=True)
        with os.fdopen(os.open(token, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(self._facts.token + "\n")
        argv = [sys.executable, "-m", "farshore.drills.founding", "--url", f"https://{self._facts.domain}/"]
        argv += ["--zone", store["zone"], "--record", store["record"], "--token-file", str(token)]
        argv += ["--address", self._facts.region(self._facts.standby)["balancer"]["ip"]]
        argv += ["--endpoint", self._facts.env["endpoint_inside"], "--ca-file", self._facts.ca_file]
        argv += ["--interval-s", f"{LOOK_EVERY_S:g}", "--timeout-s", f"{LOOK_WITHIN_S:g}"]
        return await start("mover", self._lab.inside("lon1", *argv), self._folder / "mover.log")
