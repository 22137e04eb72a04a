"""The operator's SSH login to app servers, for what does not fit into user_data. Used by the store builder."""

import asyncio
import time
from pathlib import Path

from tidepool.store.account import StoreError

PATIENCE_S = 60.0
PAUSE_S = 0.5
_SSH_FAILED = 255  # ssh's own failures, as against the command's


class Login:
    """As root, with the key that the droplets were made with; their host keys are kept from the first meeting on."""

    def __init__(self, key: Path) -> None:
        known = key.with_name("known_hosts")
        self._ssh = [
            *("ssh", "-T", "-F", "none", "-i", str(key), "-o", "BatchMode=yes", "-o", "ConnectTimeout=5"),
            *("-o", "StrictHostKeyChecking=accept-new", "-o", f"UserKnownHostsFile={known}", "-o", "LogLevel=ERROR"),
        ]

    async def run(self, address: str, command: str, given: bytes = b"", patience_s: float = PATIENCE_S) -> str:
        """Its standard output. Repeats while nobody listens yet; raises StoreError when the command fails."""
        deadline = time.monotonic() + patience_s
        while True:
            ssh = await asyncio.create_subprocess_exec(
                *(*self._ssh, f"root@{address}", f"({command}) || exit 1"),  # PHP too ends with 255
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            out, err = await ssh.communicate(given)
            if ssh.returncode == 0:
                return out.decode()
            if ssh.returncode != _SSH_FAILED or time.monotonic() > deadline:
                said = (err + out).decode(errors="replace").strip()[-800:]
                raise StoreError(f"{address}: `{command[:80]}` ended with {ssh.returncode}: {said}")
            await asyncio.sleep(PAUSE_S)
