"""The bridge for late visitors: where nginx hands over what this app server may not answer itself.

nginx's own configuration includes bridge.conf in its server block (`include /run/farshore/bridge[.]conf;`) and does the
rest. It is reloaded only when the file changed, after `nginx -t`; what fails here is said in the view and never fails a
command.
"""

import asyncio
import contextlib
import ipaddress
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from farshore.ports.agent_wire import Json

_NGINX_S = 10.0
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Bridge:
    address: str  # an IP address
    what: str  # writes | all

    def text(self) -> str:
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f'set $bridge_to "https://{address}";\nset $bridge_what "{self.what}";\n'


def bridge_from_json(value: object) -> Bridge | None:
    """Raises ValueError. What gets into nginx's configuration is an address and one of two words, nothing else."""
    if value is None:
        return None
    if not isinstance(value, dict) or value.get("what") not in ("writes", "all"):
        raise ValueError("The field bridge has an address and what, which is writes or all.")
    address = value.get("address")
    if not isinstance(address, str) or "%" in address:
        raise ValueError("The field bridge.address is an IP address.")
    try:
        return Bridge(str(ipaddress.ip_address(address)), value["what"])
    except ValueError:
        raise ValueError("The field bridge.address is an IP address.") from None


def bridge_to_json(bridge: Bridge | None) -> Json | None:
    return None if bridge is None else {"address": bridge.address, "what": bridge.what}


class WebServer(Protocol):
    async def reload(self) -> str:
        """Checks the configuration first. Empty, or one sentence that says why it was not reloaded."""
        ...


class Nginx:
    async def reload(self) -> str:
        program = shutil.which("nginx", path="/usr/sbin:/sbin:/usr/bin:/bin")
        if program is None:
            return "nginx is not installed here, so nothing is handed over to the other region."
        for arguments in (("-t", "-q"), ("-s", "reload")):
            said = await _run(program, *arguments)
            if said:
                return f"nginx {' '.join(arguments)} says: {said}. Nothing new is handed over to the other region."
        return ""


async def _run(*command: str) -> str:
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        try:
            async with asyncio.timeout(_NGINX_S):
                out, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            return f"nothing within {_NGINX_S:g} s"
    except OSError as error:
        return str(error)
    text = " ".join(out.decode(errors="replace").split())
    return "" if process.returncode == 0 else text[:300].rstrip(".") or f"status {process.returncode}"


class LineCount:
    """Lines that were appended to a log since `restart`, over its rotation. Reads only what is new."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = 0
        self._inode = 0
        self._offset = 0

    def restart(self) -> tuple[int, int]:
        """From its end on: what was handed over before belongs to another epoch. Returns where that is."""
        try:
            status = self._path.stat()
            mark = (status.st_ino, status.st_size)
        except OSError:
            mark = (0, 0)
        self.resume(mark)
        return mark

    def resume(self, mark: tuple[int, int]) -> None:
        self._lines, (self._inode, self._offset) = 0, mark

    def count(self) -> int:
        try:
            with self._path.open("rb") as file:
                status = os.fstat(file.fileno())
                if status.st_ino != self._inode:
                    self._rest_of_rotated()
                    self._inode, self._offset = status.st_ino, 0
                elif status.st_size < self._offset:  # truncated in place
                    self._offset = 0
                self._read(file.fileno())
        except OSError:
            pass  # not written yet, or just being rotated
        return self._lines

    def _rest_of_rotated(self) -> None:
        """What came after our last look, before the rotation: logrotate leaves it under the name `.1`."""
        if not self._inode:
            return
        with contextlib.suppress(OSError), self._path.with_name(self._path.name + ".1").open("rb") as file:
            if os.fstat(file.fileno()).st_ino == self._inode:
                self._read(file.fileno())

    def _read(self, descriptor: int) -> None:
        while chunk := os.pread(descriptor, _CHUNK, self._offset):
            self._lines += chunk.count(b"\n")
            self._offset += len(chunk)


class BridgeFile:
    """bridge.conf and the reload that makes it count."""

    def __init__(self, path: Path, server: WebServer, log: Path) -> None:
        self._path = path
        self._server = server
        self._handed = LineCount(log)
        self._turn = asyncio.Lock()
        self._pending: asyncio.Task[None] | None = None
        self._reload_due = False
        self.trouble = ""

    def handed(self) -> int:
        return self._handed.count()

    def count_anew(self) -> tuple[int, int]:
        return self._handed.restart()

    def count_from(self, mark: tuple[int, int]) -> None:
        self._handed.resume(mark)

    def put(self, bridge: Bridge | None) -> None:
        """Writes or removes the file now; nginx is reloaded beside, so that no command waits for it."""
        try:
            if not self._replace(bridge) and not self._reload_due:
                return
        except OSError as error:
            self.trouble = (
                f"The file {self._path} cannot be written: {error.strerror}; late visitors are not handed over."
            )
            return
        self._reload_due = True
        self._pending = asyncio.create_task(self._reload(self._pending))

    async def settle(self) -> None:
        if self._pending is not None:
            await self._pending

    async def _reload(self, before: asyncio.Task[None] | None) -> None:
        async with self._turn:
            if self._reload_due:
                self._reload_due = False
                self.trouble = await self._server.reload()

    def _replace(self, bridge: Bridge | None) -> bool:
        """Whether anything changed."""
        known = self._path.read_text() if self._path.exists() else None
        wanted = None if bridge is None else bridge.text()
        if known == wanted:
            return False
        if wanted is None:
            self._path.unlink(missing_ok=True)
            return True
        beside = self._path.with_name(self._path.name + ".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(wanted)
            beside.chmod(0o644)
            beside.rename(self._path)
        except OSError:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise
        return True
