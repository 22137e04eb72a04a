"""The agent's HTTP/1.1 server on asyncio streams: bounded in bytes, seconds and connections, whoever knocks.

Nothing is parsed as JSON before its signature is right.
"""

import asyncio
import json
import sys
from dataclasses import dataclass

from farshore.agent.commands import Commands
from farshore.agent.config import AgentConfig
from farshore.agent.memory import Memory
from farshore.agent.watching import Watching
from farshore.ports.agent_wire import SIGNATURE_HEADER, same_signature, sign_answer, sign_request
from farshore.ports.prober import Prober
from farshore.transport.message import CONTROLLER, Caller

_HEAD_MAX = 16 * 1024
_BODY_MAX = 256 * 1024
_CONNECTIONS_MAX = 64
_IDLE_S = 60.0  # a controller's connection between two commands
_SLOW_S = 5.0  # from the first byte of a request to its last
_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed"}
_REASONS |= {409: "Conflict", 413: "Content Too Large", 500: "Internal Server Error", 507: "Insufficient Storage"}


class _Garbage(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class AgentServer:
    def __init__(self, config: AgentConfig, prober: Prober) -> None:
        """Reads what is remembered on disk; raises MemoryFull when the epoch there is unreadable."""
        self._config = config
        self._memory = Memory.load(config.state, config.endpoint_file)
        self._watching = Watching(config.agent, config.place, prober)
        self._commands = Commands(config, self._memory, self._watching)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """Where it listens; of use when the configuration says 0."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        for warning in self._memory.warnings:
            print(warning, file=sys.stderr, flush=True)
        host, port = self._config.listen
        self._server = await asyncio.start_server(self._accept, host, port, limit=_HEAD_MAX)
        self._commands.resume()

    async def run(self) -> None:
        """Until cancelled."""
        await self.start()
        assert self._server is not None
        try:
            await self._server.serve_forever()
        finally:
            await self.stop()

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._watching.stop()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= _CONNECTIONS_MAX:
            writer.transport.abort()
            return
        task = asyncio.create_task(self._converse(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                async with asyncio.timeout(_IDLE_S):
                    first = await reader.readexactly(1)
                async with asyncio.timeout(_SLOW_S):
                    request = await _read(first, reader)
                async with asyncio.timeout(_SLOW_S):
                    await self._serve(request, writer)
                if request.headers.get("connection", "").lower() == "close":
                    return
        except _Garbage as garbage:
            _send(writer, garbage.status, b"", "")
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            pass  # the peer went away or is too slow; there is nobody to tell
        finally:
            writer.close()

    async def _serve(self, request: _Request, writer: asyncio.StreamWriter) -> None:
        expected = sign_request(self._config.key, request.method, request.path, request.body)
        if not same_signature(request.headers.get(SIGNATURE_HEADER.lower(), ""), expected):
            _send(writer, 401, b"", "")
            await writer.drain()
            return
        if request.method != "POST":
            raise _Garbage(405)
        try:
            value = json.loads(request.body)
        except (ValueError, RecursionError) as error:
            raise _Garbage(400) from error
        if not isinstance(value, dict):
            raise _Garbage(400)
        nonce = value.get("nonce")
        if not isinstance(nonce, str):
            raise _Garbage(400)
        answer = await self._commands.answer(Caller(CONTROLLER, "by key"), request.path, value)
        body = json.dumps({"nonce": nonce, **answer.body}).encode()
        _send(writer, answer.status, body, sign_answer(self._config.key, request.path, body))
        await writer.drain()


async def _read(first: bytes, reader: asyncio.StreamReader) -> _Request:
    try:
        head = first + await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise _Garbage(413) from error
    start, *rest = head.decode("latin-1").split("\r\n")
    words = start.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise _Garbage(400)
    headers = {}
    for line in rest:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    length = headers.get("content-length", "0")
    if "transfer-encoding" in headers or not (length.isdecimal() and length.isascii()):
        raise _Garbage(400)
    if len(length) > 9 or int(length) > _BODY_MAX:
        raise _Garbage(413)
    return _Request(words[0], words[1], headers, await reader.readexactly(int(length)))


def _send(writer: asyncio.StreamWriter, status: int, body: bytes, signature: str) -> None:
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}", f"Content-Length: {len(body)}"]
    if body:
        lines += ["Content-Type: application/json", f"{SIGNATURE_HEADER}: {signature}"]
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
