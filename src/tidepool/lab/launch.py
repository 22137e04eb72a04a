"""Starting and ending a lab from the command line: `up` spawns the daemon and relays its progress, `down` sweeps."""

import fcntl
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tidepool.lab.cgroups import Group
from tidepool.lab.home import LabError, LabFolder, home
from tidepool.lab.image import ensure_image, require_machine
from tidepool.lab.sweep import sweep

SOCKET_PATH_MAX = 107


@contextmanager
def _only_one() -> Iterator[None]:
    """One `up` or `down` at a time on this machine, for the short moments that decide who owns a name."""
    home().mkdir(parents=True, exist_ok=True)
    with open(home() / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _daemon_group(folder: LabFolder) -> Group:
    return Group(f"{folder.mark}/daemon")


def up(folder: LabFolder, options: Sequence[str], say: Callable[[str], None]) -> dict[str, Any]:
    if len(str(folder.wan_control)) > SOCKET_PATH_MAX:
        raise LabError(f"{folder.path} is too long for the kernel's socket addresses; choose a shorter TIDEPOOL_HOME")
    ensure_image(say)
    with _only_one():
        if _daemon_group(folder).pids():
            raise LabError(f"lab {folder.name} is already up; use it, or `tidepool down --name {folder.name}` first")
        sweep(folder)
        process = _spawn_daemon(folder, options)
    assert process.stdout is not None
    last = ""
    for line in process.stdout:
        last = line.strip()
        if last == "ready":
            return facts(folder)
        if not last.startswith("failed: "):
            say(last)
    with _only_one():
        log = folder.log.read_text()[-2000:] if folder.log.exists() else ""
        sweep(folder)
    reason = (
        last.removeprefix("failed: ") if last.startswith("failed: ") else f"its daemon ended. Its last words: {log}"
    )
    raise LabError(f"lab {folder.name} could not be started: {reason}")


def _spawn_daemon(folder: LabFolder, options: Sequence[str]) -> subprocess.Popen[str]:
    folder.path.mkdir(parents=True, mode=0o755)
    group = _daemon_group(folder)
    group.make()
    command = [sys.executable, "-m", "tidepool.lab.daemon", "--name", folder.name, *options]
    with open(folder.log, "w") as log:
        return subprocess.Popen(
            ["/bin/sh", "-c", f'{group.join_shell()}; exec "$@"', "sh", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
            cwd="/",
        )


def down(folder: LabFolder) -> None:
    require_machine()
    with _only_one():
        sweep(folder)


def facts(folder: LabFolder) -> dict[str, Any]:
    """What `tidepool env` prints. A lab whose daemon has died has none, whatever its file says."""
    try:
        known = dict(json.loads(folder.facts.read_text()))
    except FileNotFoundError:
        raise LabError(f"lab {folder.name} is not up; start it with `tidepool up --name {folder.name}`") from None
    if not _daemon_group(folder).pids():
        raise LabError(f"lab {folder.name} has died; {folder.log} may say why; start it again with `tidepool up`")
    return known
