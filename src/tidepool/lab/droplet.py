"""A droplet: a cell whose PID 1 is systemd, with sshd, and user_data run once at the first boot."""

import asyncio
import signal
import time
from collections.abc import Sequence

from tidepool.lab.cell import CellError
from tidepool.lab.machine import LabCell, Site

READY_STATES = ("running", "degraded")


class Droplet(LabCell):
    INIT = ("/lib/systemd/systemd", "--system", "--log-target=console", "--show-status=0")

    def __init__(self, site: Site, ssh_keys: Sequence[str], user_data: str) -> None:
        super().__init__(site)
        self._ssh_keys = ssh_keys
        self._user_data = user_data
        self._watch: asyncio.Task[None] | None = None

    def build(self) -> None:
        super().build()
        ssh = self.root / "root/.ssh"
        ssh.mkdir(mode=0o700, exist_ok=True)
        self.write("root/.ssh/authorized_keys", "".join(key.strip() + "\n" for key in self._ssh_keys), 0o600)
        self.write("var/lib/cloud/instance/user-data.txt", self._user_data, 0o600)

    async def start(self) -> None:
        await super().start()
        # Referenced, because the event loop alone would let a task be collected while it waits.
        self._watch = asyncio.create_task(self._boot_again())

    async def _boot_again(self) -> None:
        """`reboot` inside ends PID 1 with SIGHUP and `poweroff` with SIGINT (reboot(2)); only the first means more."""
        if await self.gone() == -signal.SIGHUP and not self.destroyed:
            await self.start()

    async def wait_ready(self, timeout_s: float = 60.0) -> None:
        """Until systemd has started everything, user_data included."""
        deadline = time.monotonic() + timeout_s
        while True:
            state = (await self.run(["systemctl", "is-system-running"], check=False)).strip()
            if state in READY_STATES:
                return
            if time.monotonic() > deadline:
                raise CellError(f"droplet {self.name} is still {state or 'silent'} after {timeout_s:.0f} s")
            await asyncio.sleep(0.2)

    async def shut_down(self, timeout_s: float = 10.0) -> None:
        """An orderly power off; by force when it takes too long."""
        await self.run(["systemctl", "poweroff"], check=False)
        try:
            await asyncio.wait_for(self.gone(), timeout_s)
        except TimeoutError:
            pass
        await self.kill()
