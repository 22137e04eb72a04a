"""/run/farshore/permit.json: replaced by rename, read by the shop on every request that writes.

No fsync: it lies on tmpfs, and after a power cut there must be none. A full disk keeps the old file and its deadline;
there is no state in which the shop reads half a file or a longer permit than was given.
"""

import contextlib
import json
import os
from pathlib import Path

from farshore.agent.clocks import Clocks
from farshore.agent.permit_rules import HeldPermit
from farshore.model.region import Epoch, RegionName


class NotWritten(Exception):
    """One clear sentence. The permit was not renewed."""


class PermitFile:
    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, permit: HeldPermit) -> None:
        """Raises NotWritten, with the old file in place."""
        beside = self._path.with_name(self._path.name + ".new")
        text = json.dumps(
            {
                "epoch": int(permit.epoch),
                "region": str(permit.region),
                "until_boot_ns": permit.until.boot_ns,
                "until_mono_ns": permit.until.mono_ns,
                "soft_ns": permit.soft_ns,
            }
        )
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644), "w") as file:
                file.write(text + "\n")
            beside.chmod(0o644)
            beside.rename(self._path)
        except OSError as error:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise NotWritten(
                f"The permit file {self._path} cannot be written: {error.strerror}; free space on that file system."
            ) from error

    def remove(self) -> None:
        """Raises NotWritten; none there is success."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise NotWritten(
                f"The permit file {self._path} cannot be removed: {error.strerror}; it ends by itself."
            ) from error

    def read(self) -> HeldPermit | None:
        """What the shop reads now."""
        try:
            value = json.loads(self._path.read_text())
            return HeldPermit(
                Epoch(int(value["epoch"])),
                RegionName(str(value["region"])),
                Clocks(int(value["until_boot_ns"]), int(value["until_mono_ns"])),
                int(value["soft_ns"]),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None
