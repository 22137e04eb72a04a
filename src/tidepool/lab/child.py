"""A long-running process in a cell, in a cgroup of its own: killing it leaves none of its children behind."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tidepool.lab.cgroups import Group


@dataclass(frozen=True, slots=True)
class Recipe:
    """How it was started, so that it can be started again after a fault."""

    label: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    user: str | None


class LabChild:
    """Implements tidepool.lab.cell.Child. The daemon's direct child is nsenter; the process proper is its child."""

    def __init__(self, recipe: Recipe, enter: Sequence[str], group: Group, log: str) -> None:
        self.recipe = recipe
        self.group = group
        group.make()
        group.thaw()  # a process that is started anew is not frozen, whatever its predecessor was
        shell = f'{group.join_shell()}; exec "$@"'
        with open(log, "ab") as out:
            # Synchronous on purpose: the thread that forks is the event loop's, and a lab starts tens, not thousands.
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", shell, "sh", *enter, *recipe.argv],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=dict(recipe.env),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        try:
            with open(f"/proc/{self._process.pid}/task/{self._process.pid}/children") as children:
                words = children.read().split()
        except FileNotFoundError:
            words = []
        return int(words[0]) if words else self._process.pid

    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        self._process.kill()  # by name too: just started, it may not have entered its group yet
        self.group.kill()
        self._process.wait()

    def terminate(self, timeout_s: float = 10.0) -> None:
        try:
            if self.alive():
                _signal(self.pid, signal.SIGTERM)
                self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            pass
        self.kill()


def _signal(pid: int, what: signal.Signals) -> None:
    try:
        os.kill(pid, what)
    except ProcessLookupError:
        pass
