"""Removes everything that a lab left on the machine, from what the machine shows and not from what anybody remembers.

It is the only way down: a lab that ended well and one that was killed half way up are swept by the same lines.
"""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from tidepool.lab import netns
from tidepool.lab.cgroups import Group
from tidepool.lab.home import LabError, LabFolder


def sweep(folder: LabFolder) -> None:
    """Idempotent. Ends processes, then namespaces, mounts, cgroups, files."""
    lab = Group(folder.mark)
    lab.kill(timeout_s=20.0)
    for name in netns.names(folder.mark + "-"):
        netns.remove(name)
    for _ in range(100):
        mounts = mounts_below(folder.path)
        if not mounts:
            break
        for mount in mounts:
            subprocess.run(["umount", "-l", mount], capture_output=True, check=False)
        time.sleep(0.01)
    lab.remove()
    delete(folder.path)
    for parent in (folder.path.parent,):
        if parent.is_dir() and not os.listdir(parent):
            parent.rmdir()


def delete(path: Path) -> None:
    """The folder and everything in it, unless something is mounted below: that could be a folder of the machine."""
    mounts = mounts_below(path)
    if mounts:
        raise LabError(f"{mounts[0]} is still mounted, so {path} was not deleted; unmount it, then run `tidepool down`")
    if path.exists():
        shutil.rmtree(path)


def mounts_below(path: Path) -> list[str]:
    """Deepest first."""
    with open("/proc/self/mounts") as mounts:
        points = [_plain(line.split()[1]) for line in mounts]
    return sorted((p for p in points if p == str(path) or p.startswith(f"{path}/")), key=len, reverse=True)


def _plain(word: str) -> str:
    """The kernel writes blanks in mount points as octal escapes."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found.group(1), 8)), word)
