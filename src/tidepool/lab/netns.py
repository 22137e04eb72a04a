"""Network namespaces: made and removed by name, entered by one thread for the moment it opens a socket or a device."""

import ctypes
import os
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tidepool.lab.home import LabError

CLONE_NEWNET = 0x40000000
FOLDER = Path("/run/netns")
_libc = ctypes.CDLL(None, use_errno=True)


def _setns(fd: int) -> None:
    if _libc.setns(fd, CLONE_NEWNET) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"setns: {os.strerror(error)}")


@contextmanager
def inside(name: str) -> Iterator[None]:
    """This thread is in the namespace until the block ends. What is opened there stays there; never await inside."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        there = os.open(FOLDER / name, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _setns(there)
        finally:
            os.close(there)
        try:
            yield
        finally:
            _setns(home)
    finally:
        os.close(home)


def enter(name: str) -> None:
    """This thread moves there for good; for a process that is about to become another program."""
    fd = os.open(FOLDER / name, os.O_RDONLY | os.O_CLOEXEC)
    _setns(fd)
    os.close(fd)


def listen(name: str, address: str, port: int) -> socket.socket:
    """A listening TCP socket in that namespace, for a server that runs outside."""
    with inside(name):
        return listen_here(address, port)


def listen_here(address: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address, port))
    sock.listen(128)
    sock.setblocking(False)
    return sock


def names(prefix: str) -> list[str]:
    if not FOLDER.is_dir():
        return []
    return sorted(entry.name for entry in FOLDER.iterdir() if entry.name.startswith(prefix))


def add(name: str) -> None:
    ip(["netns", "add", name])


def remove(name: str) -> None:
    """Idempotent; survives a half-made namespace (a plain file that no namespace was mounted on)."""
    subprocess.run(["umount", "-l", str(FOLDER / name)], capture_output=True, check=False)
    (FOLDER / name).unlink(missing_ok=True)


def ip(argv: Sequence[str]) -> None:
    _ip(["ip", *argv], None)


def ip_batch(namespace: str, lines: Sequence[str]) -> None:
    """Several `ip` commands in one process: starting `ip` a dozen times is what makes a lab slow to start."""
    _ip(["ip", "-n", namespace, "-batch", "-"], "\n".join(lines) + "\n")


def _ip(argv: Sequence[str], text: str | None) -> None:
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LabError(f"`{' '.join(argv)}` failed: {done.stderr.strip()} {text or ''}".rstrip())
