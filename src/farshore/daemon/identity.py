"""Under which name a controller speaks to agents: the same after each restart, another for every other state file.

Two processes that share this lock file exclude each other by it; whoever does not share it must have another name, or
an agent could not tell a second controller from a restarted one. So the name is of the machine, the state file's place
and the lock file itself: a copy of the folder, elsewhere or here, is somebody else.
"""

import hashlib
import socket
from pathlib import Path

from farshore.daemon.lock import lock_path

MACHINE_ID = Path("/etc/machine-id")


def controller_id(name: str, state_file: Path) -> str:
    """Such as `controller@ops1:/var/lib/farshore/state.db#1f0c9a2b`; after the #, what tells copies apart."""
    lock, host = lock_path(state_file).resolve(), socket.gethostname()
    parts = (name, host, _machine(), str(lock), _inode(lock))
    return f"{name}@{host}:{state_file.resolve()}#{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:8]}"


def _machine() -> str:
    try:
        return MACHINE_ID.read_text().strip()
    except OSError:
        return ""  # a container without one has a host name of its own


def _inode(lock: Path) -> str:
    try:
        return str(lock.stat().st_ino)
    except OSError:
        return ""  # nothing has ever acted on this state file; a verb that only looks is not remembered
