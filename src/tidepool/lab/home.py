"""Where tidepool keeps things on the machine: the image cache and one folder per lab."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,19}\Z")


class LabError(Exception):
    """The lab cannot do that; the text says why and what to do, in one sentence."""


def home() -> Path:
    return Path(os.environ.get("TIDEPOOL_HOME", "/var/lib/tidepool"))


@dataclass(frozen=True, slots=True)
class LabFolder:
    """Names and paths that belong to one lab. Nothing here touches the disk."""

    name: str
    path: Path

    @staticmethod
    def named(name: str) -> "LabFolder":
        if not NAME.match(name):
            raise LabError(f"--name {name!r} is not a lab's name; use up to 20 small letters, digits and dashes")
        return LabFolder(name, home() / "labs" / name)

    @property
    def mark(self) -> str:
        """Begins the name of everything of this lab that the kernel keeps (namespaces, cgroups), so that several labs
        coexist and a crashed one can be swept; derived from the path, because homes may differ too."""
        return "tp-" + hashlib.sha256(str(self.path).encode()).hexdigest()[:6]

    @property
    def facts(self) -> Path:
        """What `tidepool env` prints; its presence says that the lab is ready. Mode 0600: it holds the token."""
        return self.path / "lab.json"

    @property
    def control(self) -> Path:
        return self.path / "control.sock"

    @property
    def wan_control(self) -> Path:
        return self.path / "wan.sock"

    @property
    def log(self) -> Path:
        return self.path / "daemon.log"

    @property
    def pid(self) -> Path:
        return self.path / "daemon.pid"

    @property
    def cells(self) -> Path:
        return self.path / "cells"

    def netns(self, cell: str) -> str:
        return f"{self.mark}-{cell}"
