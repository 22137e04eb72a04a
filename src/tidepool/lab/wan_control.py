"""Orders to the WAN process: cut, mend, delay, lose, flush. Each returns when it is in force."""

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

from tidepool.lab.home import LabError
from tidepool.lab.places import LINKS


class WanControl:
    def __init__(self, path: Path) -> None:
        self._path = path

    async def order(self, link: str, direction: str | None = None, **change: Any) -> dict[str, Any]:
        """`direction`: "ab" or "ba" (a and b as in places.LINKS); None is both."""
        if link not in LINKS:
            raise LabError(f"there is no link {link!r}; links are {', '.join(LINKS)}")
        return await self._send({"link": link} | ({"direction": direction} if direction else {}) | change)

    async def state(self) -> dict[str, Any]:
        return await self._send({})

    async def _send(self, order: dict[str, Any]) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.bind("")  # an abstract address of its own, so that the answer finds it
            sock.setblocking(False)
            try:
                sock.connect(str(self._path))
                await loop.sock_sendall(sock, json.dumps(order).encode())
                answer = json.loads(await asyncio.wait_for(loop.sock_recv(sock, 65536), 3.0))
            except (OSError, TimeoutError) as error:
                raise LabError(
                    f"the WAN process does not answer at {self._path}: {error}; run tidepool down"
                ) from error
        if "error" in answer:
            raise LabError(str(answer["error"]))
        return dict(answer["links"])
