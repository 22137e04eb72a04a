"""A load balancer: HAProxy in a cell, reconfigured without dropping connections. Called by the backend."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from tidepool.engines import haproxy
from tidepool.engines.server import ServerError, write_file
from tidepool.lab.cell import Cell, Child

CONFIG = "/etc/haproxy/haproxy.cfg"
READY_ATTEMPTS, READY_PAUSE_S = 100, 0.05
PID_FILE = "/run/haproxy-master.pid"


class Balancer:
    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self._child: Child | None = None
        self._applied: tuple[str, tuple[tuple[str, str], ...]] | None = None

    async def apply(
        self, balancer: Mapping[str, Any], backends: Sequence[str], certificates: Mapping[str, tuple[str, str]]
    ) -> None:
        """Bring the running HAProxy to this description; nothing is touched where nothing changed."""
        text = haproxy.configuration(balancer, sorted(backends), certificates.keys())
        wanted = (text, tuple(sorted((name, chain + key) for name, (chain, key) in certificates.items())))
        if wanted == self._applied and self._running():
            return
        await self.cell.run(["install", "-d", "-m", "0700", haproxy.CERTIFICATES])
        for name, pem in wanted[1]:
            await write_file(self.cell, f"{haproxy.CERTIFICATES}/{name}.pem", pem, mode="0600")
        await write_file(self.cell, CONFIG, text)
        await self.cell.run(["haproxy", "-c", "-q", "-f", CONFIG])
        if self._running():
            # Master-worker reload: listening sockets are handed over, the old worker finishes what it has.
            await self.cell.run(["sh", "-c", f"kill -USR2 $(cat {PID_FILE})"])
        else:
            await self._start()
        self._applied = wanted

    async def restart(self) -> None:
        """Start again after a kill."""
        if not self._running() and self._applied is not None:
            await self._start()

    def _running(self) -> bool:
        return self._child is not None and self._child.alive()

    async def _start(self) -> None:
        self._child = await self.cell.spawn("haproxy", ["haproxy", "-W", "-f", CONFIG, "-p", PID_FILE])
        for _ in range(READY_ATTEMPTS):
            # The last thing a worker does before it serves.
            if await self.cell.run(["sh", "-c", f"test -S {haproxy.ADMIN_SOCKET} && echo yes"], check=False):
                return
            if not self._child.alive():
                break
            await asyncio.sleep(READY_PAUSE_S)
        raise ServerError(f"{self.cell.name}: HAProxy did not start; see the log `haproxy` of this cell.")
