"""The bridge for late visitors: a file that nginx includes (`include /run/farshore/bridge[.]conf;` in the server).

nginx does the rest. It is reloaded only when the file changed, and beside the command that asked for it; what fails is
said in the view and never fails a command. What was asked for is kept on disk, for /run is empty after a reboot.
"""

import asyncio
import contextlib
import json
from pathlib import Path

from farshore.agent.bridge import Bridge, bridge_from_json, bridge_to_json
from farshore.agent.line_count import LineCount
from farshore.agent.memory import MemoryFull, replace_durably
from farshore.agent.nginx import WebServer
from farshore.ports.agent_wire import Json


class Bridging:
    def __init__(self, state: Path, path: Path, log: Path, server: WebServer) -> None:
        self._kept = state / "bridge.json"
        self._path = path
        self._server = server
        self._handed = LineCount(log)
        self._bridge: Bridge | None = None
        self._mark = (0, 0)  # end of the log when the epoch began
        self._reloading: asyncio.Task[None] | None = None
        self._due = False
        self._trouble = {"file": "", "nginx": ""}

    def start(self) -> None:
        """As before the restart."""
        try:
            value = json.loads(self._kept.read_text())
            self._bridge = bridge_from_json(value["bridge"])
            inode, offset = value["mark"]
            self._mark = (int(inode), int(offset))
        except FileNotFoundError:
            self._mark = self._handed.end()
        except (OSError, ValueError, KeyError, TypeError) as error:
            self._trouble["file"] = f"The file {self._kept} is unreadable and was ignored: {error}."
        self._handed.count_from(self._mark)
        self._write()

    async def stop(self) -> None:
        if self._reloading is not None:
            await self._reloading

    def begin_epoch(self) -> None:
        """What was handed over before is another epoch's."""
        self._mark = self._handed.end()
        self._handed.count_from(self._mark)

    async def put(self, bridge: Bridge | None) -> None:
        text = json.dumps({"bridge": bridge_to_json(bridge), "mark": list(self._mark)})
        self._bridge, self._trouble["file"] = bridge, ""
        try:
            if not self._kept.exists() or self._kept.read_text() != text:
                await asyncio.to_thread(replace_durably, self._kept, text)
        except (OSError, ValueError, MemoryFull) as error:
            self._trouble["file"] = f"The bridge may be forgotten after a restart: {error}"
        self._write()

    def view(self) -> Json | None:
        kept = bridge_to_json(self._bridge)
        return None if kept is None else {**kept, "handed": self._handed.count()}

    def troubles(self) -> list[str]:
        return [trouble for trouble in self._trouble.values() if trouble]

    def _write(self) -> None:
        try:
            self._due = self._replace() or self._due
        except OSError as error:
            self._trouble["file"] = f"The file {self._path} cannot be written: {error.strerror}; free space there."
        if self._due and (self._reloading is None or self._reloading.done()):
            self._reloading = asyncio.create_task(self._reload())

    async def _reload(self) -> None:
        while self._due:  # again when the file changed meanwhile
            self._due = False
            self._trouble["nginx"] = await self._server.reload()

    def _replace(self) -> bool:
        """Whether anything changed."""
        known = self._path.read_text() if self._path.exists() else None
        wanted = None if self._bridge is None else self._bridge.text()
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
