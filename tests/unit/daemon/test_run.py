"""The process around the controller: stops on SIGTERM, tells systemd, dies with what the controller died of."""

import asyncio
import os
import signal
import socket
from pathlib import Path

import pytest

from farshore.daemon.notify import SystemdNotifier
from farshore.daemon.run import run_daemon


class Controller:
    """Runs until told to stop; `started` is set once it runs."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.started = asyncio.Event()
        self.stopped = False

    async def run(self, stop: asyncio.Event) -> None:
        self.started.set()
        if self.error is not None:
            raise self.error
        await stop.wait()
        self.stopped = True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The controller has resigned before the process ends; systemd heard READY, a heartbeat and STOPPING."""
    address = str(tmp_path / "notify")
    heard: list[bytes] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        systemd.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        monkeypatch.setenv("WATCHDOG_USEC", "15000000")
        monkeypatch.delenv("WATCHDOG_PID", raising=False)

        async def scene() -> bool:
            controller = Controller()
            daemon = asyncio.create_task(run_daemon(controller))
            await controller.started.wait()
            os.kill(os.getpid(), number)
            await daemon
            return controller.stopped

        assert asyncio.run(scene())
        while True:
            try:
                heard.append(systemd.recv(100))
            except BlockingIOError:
                break
    assert heard[0] == b"READY=1"
    assert b"WATCHDOG=1" in heard
    assert heard[-1] == b"STOPPING=1"


def test_a_bug_in_the_controller_ends_the_process() -> None:
    """Half a controller is worse than none: the supervisor starts a whole one."""

    async def scene() -> None:
        await run_daemon(Controller(KeyError("bug")))

    with pytest.raises(KeyError, match="bug"):
        asyncio.run(scene())


def test_what_runs_beside_ends_with_it() -> None:
    """And never ends the controller."""
    ended = []

    async def beside() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("beside")

    async def broken() -> None:
        raise RuntimeError

    async def scene() -> bool:
        controller = Controller()
        daemon = asyncio.create_task(run_daemon(controller, beside(), broken()))
        await controller.started.wait()
        await asyncio.sleep(0)
        os.kill(os.getpid(), signal.SIGTERM)
        await daemon
        return controller.stopped

    assert asyncio.run(scene())
    assert ended == ["beside"]


def test_no_systemd_is_no_trouble(tmp_path: Path) -> None:
    """Nor is one that does not listen, nor a watchdog meant for another process."""
    assert SystemdNotifier({}).beat_every_s is None
    SystemdNotifier({}).tell("READY=1")
    SystemdNotifier({"NOTIFY_SOCKET": str(tmp_path / "none")}).tell("READY=1")
    given = {"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "3000000"}
    assert SystemdNotifier(given).beat_every_s == 1.5
    assert SystemdNotifier(given | {"WATCHDOG_PID": "1"}).beat_every_s is None
