"""What every simulated machine is: own network namespace, own copy-on-write root, own cgroup.

Balancers, databases, DNS servers and shoppers are plain processes in a cell; droplets add systemd as PID 1.
Only this package makes cells; engines and the API's backend use them through this protocol.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol


class CellError(Exception):
    """A command in a cell failed; the text has its last words."""


class Child(Protocol):
    """A long-running process in a cell."""

    @property
    def pid(self) -> int: ...

    def alive(self) -> bool: ...

    def kill(self) -> None:
        """SIGKILL to the whole process group, and wait until it is gone."""
        ...

    def terminate(self, timeout_s: float = 10.0) -> None:
        """SIGTERM, then SIGKILL after `timeout_s`."""
        ...


class Cell(Protocol):
    name: str  # short: letters, digits, dashes
    place: str  # nyc3, sfo3, lon1 or internet
    root: Path  # its root filesystem as seen from the machine (overlay of the image)
    public_ip: str | None
    private_ip: str | None

    async def run(
        self,
        argv: Sequence[str],
        *,
        input: str | None = None,
        user: str | None = None,
        check: bool = True,
        timeout_s: float = 60.0,
    ) -> str:
        """Run to the end inside (namespaces and chroot); returns stdout. Raises CellError with stderr."""
        ...

    async def spawn(
        self,
        label: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        user: str | None = None,
    ) -> Child:
        """Start a process that lives until killed or until the cell goes; output to the cell's log folder."""
        ...

    async def nft(self, ruleset: str) -> None:
        """Load nftables text in the cell's network namespace (with the machine's nft)."""
        ...

    def freeze(self) -> None: ...

    def thaw(self) -> None: ...

    async def destroy(self) -> None:
        """Kill everything inside, remove namespaces, mounts and files."""
        ...
