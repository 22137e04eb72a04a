"""Freshly initialised data directories, kept beside the image: initialising one takes seconds, copying one does not.

Called by the engines when a cluster is created. The copy is made by the machine, because a cell sees only itself.
"""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

from tidepool.lab.cell import Cell


async def place(cell: Cell, inside: str, cached: Path, initialise: Callable[[], Awaitable[None]]) -> None:
    """Fill the folder `inside` the cell from `cached`; initialise it there and keep a copy when there is none yet."""
    target = cell.root / inside.lstrip("/")
    if await asyncio.to_thread(cached.is_dir):
        await copy_tree(cached, target)
        return
    await initialise()
    await asyncio.to_thread(_keep, target, cached)


async def copy_tree(source: Path, target: Path) -> None:
    """Replace `target` by a copy of `source` with owners, modes and holes."""
    await asyncio.to_thread(_copy, source, target)


def _copy(source: Path, target: Path) -> None:
    if target.exists():
        shutil.rmtree(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", "--reflink=auto", "--sparse=auto", source, target], check=True, capture_output=True)


def _keep(source: Path, cached: Path) -> None:
    # Two labs may do this at once: each makes its own copy, and whoever renames last finds the place taken.
    own = cached.with_name(f"{cached.name}.{os.getpid()}.{os.urandom(4).hex()}")
    _copy(source, own)
    try:
        own.rename(cached)
    except OSError:
        shutil.rmtree(own, ignore_errors=True)
