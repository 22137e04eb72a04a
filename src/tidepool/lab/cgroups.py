"""Control groups: what belongs to a cell, so that it can be frozen, and killed whole and at once.

A v2 tree (alone, or beside v1 as `unified`) is used where there is one; else v1's freezer. Where systemd's own v1
hierarchy exists, a droplet's systemd needs a folder there too.
"""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")


def _main_tree() -> Path:
    for tree in (MOUNT, MOUNT / "unified"):
        if (tree / "cgroup.controllers").exists():
            return tree
    return MOUNT / "freezer"


def trees() -> list[Path]:
    """The hierarchies in which a lab has folders; the first is the one that counts."""
    systemd = MOUNT / "systemd"
    return [_main_tree(), systemd] if (systemd / "cgroup.procs").exists() else [_main_tree()]


@dataclass(frozen=True, slots=True)
class Group:
    """One folder, by its path below the hierarchy's root, as `tp-1a2b3c/nyc3/web-1`."""

    path: str

    def make(self) -> None:
        for tree in trees():
            (tree / self.path).mkdir(parents=True, exist_ok=True)

    def join_shell(self) -> str:
        """Shell text by which a process enters before it becomes something else."""
        return "; ".join(f"echo $$ > {tree / self.path}/cgroup.procs" for tree in trees())

    def adopt(self, pid: int) -> None:
        for tree in trees():
            (tree / self.path / "cgroup.procs").write_text(str(pid))

    def pids(self) -> list[int]:
        found: list[int] = []
        for folder in _below(trees()[0] / self.path):
            try:
                found += [int(word) for word in (folder / "cgroup.procs").read_text().split()]
            except OSError:  # the folder went away while we looked
                continue
        return found

    def freeze(self) -> None:
        self._freezer("1", "FROZEN")

    def thaw(self) -> None:
        self._freezer("0", "THAWED")

    def _freezer(self, v2: str, v1: str) -> None:
        folder = trees()[0] / self.path
        if (folder / "cgroup.freeze").exists():
            (folder / "cgroup.freeze").write_text(v2)
        elif (folder / "freezer.state").exists():
            (folder / "freezer.state").write_text(v1)

    def kill(self, timeout_s: float = 10.0) -> None:
        """SIGKILL to everything inside, at once, frozen or not; returns when all of it is gone."""
        folder = trees()[0] / self.path
        if not folder.is_dir():
            return
        deadline = time.monotonic() + timeout_s
        while pids := self.pids():  # each time round: somebody may have been on the way in
            if (folder / "cgroup.kill").exists():
                (folder / "cgroup.kill").write_text("1")
            else:
                _kill_all(pids)
                self.thaw()  # v1 delivers a signal to a frozen process only when it thaws
            if time.monotonic() > deadline:
                raise TimeoutError(f"processes {pids} of {self.path} did not end within {timeout_s} s of SIGKILL")
            time.sleep(0.005)

    def remove(self) -> None:
        """Remove the folders, deepest first; whoever is inside must have been killed."""
        for tree in trees():
            for folder in sorted(_below(tree / self.path), key=lambda path: len(path.parts), reverse=True):
                _rmdir(folder)


def _kill_all(pids: list[int]) -> None:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _below(folder: Path) -> Iterator[Path]:
    for here, _, _ in os.walk(folder):
        yield Path(here)


def _rmdir(folder: Path) -> None:
    for _ in range(200):  # a dying process keeps its group busy for a moment
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.01)
        else:
            return
