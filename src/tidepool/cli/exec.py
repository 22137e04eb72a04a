"""`tidepool exec PLACE -- COMMAND`: run a command of the machine inside a place's network, with that place's resolver.

It becomes the command (signals, standard streams and exit code are its own) and counts as a process of that place:
freezing or killing the place stops it too, and `tidepool down` ends it.
"""

import argparse
import ctypes
import json
import os
import sys
from pathlib import Path
from typing import Any

from tidepool.cli.options import add_name
from tidepool.lab import netns
from tidepool.lab.cgroups import Group
from tidepool.lab.home import LabError, LabFolder
from tidepool.lab.places import REGIONS

CLONE_NEWNS = 0x00020000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
_libc = ctypes.CDLL(None, use_errno=True)


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verb = verbs.add_parser(
        "exec",
        help="run a command of the machine inside a place's network",
        usage="tidepool exec [--name N] PLACE -- COMMAND...",
    )
    add_name(verb)
    verb.add_argument("place", help="lon1, internet, a region, or the name of a host")
    verb.add_argument("command", nargs=argparse.REMAINDER, help="after --")
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        raise LabError("tidepool exec needs a command: tidepool exec PLACE -- COMMAND...")
    folder = LabFolder.named(options.name)
    cell = _cell(folder, options.place)
    group = Group(f"{cell['group']}/exec")
    group.make()
    group.adopt(os.getpid())
    resolv = folder.path / f"resolv-{cell['place']}.conf"
    netns.enter(cell["netns"])
    _use_resolver(resolv, cell["resolver"])
    sys.stdout.flush()
    try:
        os.execvp(command[0], command)
    except FileNotFoundError:
        print(
            f"tidepool: there is no command {command[0]!r} on this machine; check its spelling or PATH", file=sys.stderr
        )
        return 127


def _cell(folder: LabFolder, place: str) -> dict[str, Any]:
    name = f"router-{place}" if place in REGIONS else place
    try:
        return dict(json.loads((folder.cells / name / "cell.json").read_text()))
    except FileNotFoundError:
        if not folder.facts.exists():
            raise LabError(f"lab {folder.name} is not up; start it with `tidepool up --name {folder.name}`") from None
        known = ", ".join(sorted(path.name for path in folder.cells.iterdir()))
        raise LabError(f"there is no place or host {place!r} in lab {folder.name}; there are {known}") from None


def _use_resolver(file: Path, resolver: str) -> None:
    """A private view of /etc in which names are asked of that place's resolver."""
    file.write_text(f"nameserver {resolver}\noptions timeout:2 attempts:2\n")
    if _libc.unshare(CLONE_NEWNS) != 0:
        raise LabError(f"could not make a mount namespace: {os.strerror(ctypes.get_errno())}; run as root")
    _mount(None, "/", MS_REC | MS_PRIVATE)
    _mount(str(file), os.path.realpath("/etc/resolv.conf"), MS_BIND)


def _mount(source: str | None, target: str, flags: int) -> None:
    if _libc.mount(source.encode() if source else None, target.encode(), None, flags, None) != 0:
        raise LabError(f"could not mount {source or 'privately'} on {target}: {os.strerror(ctypes.get_errno())}")
