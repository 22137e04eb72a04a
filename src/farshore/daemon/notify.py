"""What systemd is told: ready, alive, stopping. Silent where no systemd asks."""

import os
import socket
from collections.abc import Mapping


class SystemdNotifier:
    """`sd_notify` in a few lines; its address comes from the environment that systemd gave us."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self._watchdog_us = environ.get("WATCHDOG_USEC", "")

    @property
    def beat_every_s(self) -> float | None:
        """Half of what systemd allows; None where it runs no watchdog on us."""
        if not (self._address and self._ours and self._watchdog_us.isdigit()):
            return None
        return max(0.05, int(self._watchdog_us) / 2_000_000)

    def tell(self, state: str) -> None:
        """Such as READY=1. A lost message costs a restart at worst, so errors are not raised."""
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK) as sender:
            try:
                sender.sendto(state.encode(), self._address)
            except OSError:
                pass
