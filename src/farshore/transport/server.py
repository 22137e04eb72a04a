"""HTTP/1.1 over mutual TLS: bounded in bytes, seconds and connections, whoever knocks.

Nothing is parsed before the peer's certificate is verified. Agents and controllers answer with it.
"""

import asyncio
import json
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from farshore.transport.message import Answer, Caller, Json, caller_of
from farshore.transport.stream import Gone, TlsStream, TooLong

Handler = Callable[[Caller, str, Json], Awaitable[Answer]]  # path, body

_HEAD_MAX = 16 * 1024
_BODY_MAX = 256 * 1024
_CONNECTIONS_MAX = 256  # a controller hears every app server of its group
_HANDSHAKES_MAX = 64
_HANDSHAKE_S = 5.0
_IDLE_S = 60.0  # a peer's connection between two requests
_SLOW_S = 5.0  # from the first byte of a request to its last
_REASONS = {200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed"}
_REASONS |= {409: "Conflict", 413: "Content Too Large", 425: "Too Early", 500: "Internal Server Error"}
_REASONS |= {503: "Service Unavailable", 507: "Insufficient Storage"}


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


class Server:
    """Every request is a JSON object with a `nonce`, which the answer carries back; the handler need not add it."""

    def __init__(self, listen: tuple[str, int], tls: ssl.SSLContext, handler: Handler) -> None:
        self._listen = listen
        self._tls = tls
        self._handler = handler
        self._socket: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._handshakes: dict[asyncio.Task[None], None] = {}  # the oldest first
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """Where it listens; of use when it was told 0."""
        assert self._socket is not None
        return int(self._socket.getsockname()[1])

    async def start(self) -> None:
        """Raises OSError when it cannot listen there."""
        host = self._listen[0]
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server(self._listen, family=family, backlog=128)
        self._socket.setblocking(False)
        self._accepting = asyncio.create_task(self._accept(self._socket), name="accept")

    async def stop(self) -> None:
        tasks = [*self._handshakes, *self._connections]
        if self._accepting is not None:
            tasks.append(self._accepting)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._socket is not None:
            self._socket.close()

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, _ = await loop.sock_accept(listening)
            except OSError:  # out of files, or the peer left already: neither may end the listening
                await asyncio.sleep(0.1)
                continue
            if len(self._handshakes) >= _HANDSHAKES_MAX:
                # Strangers who only connect must not keep a controller out: a right handshake is short.
                next(iter(self._handshakes)).cancel()
            task = asyncio.create_task(self._greet(sock))
            self._handshakes[task] = None
            task.add_done_callback(lambda done: self._handshakes.pop(done, None))

    async def _greet(self, sock: socket.socket) -> None:
        """The handshake; what follows is another task, so that the two are counted apart."""
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            stream = TlsStream(sock, self._tls)
        except OSError:  # gone before it began
            sock.close()
            return
        try:
            async with asyncio.timeout(_HANDSHAKE_S):
                certificate = await stream.handshake()
        except (Gone, TimeoutError):
            await stream.close()
            return
        except asyncio.CancelledError:
            stream.abort()
            raise
        if len(self._connections) >= _CONNECTIONS_MAX:
            stream.abort()
            return
        task = asyncio.create_task(self._converse(stream, caller_of(certificate)))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _converse(self, stream: TlsStream, caller: Caller | None) -> None:
        try:
            goes_on = True
            while goes_on:
                goes_on = await self._exchange(stream, caller)
                await asyncio.sleep(0)  # whoever sends without a pause is served in turn
        except (TimeoutError, Gone):
            pass  # the peer went away or is too slow; there is nobody to tell
        except asyncio.CancelledError:
            stream.abort()
            raise
        await stream.close()

    async def _exchange(self, stream: TlsStream, caller: Caller | None) -> bool:
        """One request and its answer. False when it was the last one."""
        async with asyncio.timeout(_IDLE_S):
            await stream.wait()
        try:
            async with asyncio.timeout(_SLOW_S):
                request = await _read(stream)
            answer = await self._answer(caller, request)
            last = request.headers.get("connection", "").lower() == "close"
        except _Garbage as garbage:
            answer, last = Answer(garbage.status, {}), True
        async with asyncio.timeout(_SLOW_S):
            await stream.write(_packed(answer))
        return not last

    async def _answer(self, caller: Caller | None, request: _Request) -> Answer:
        if caller is None:
            raise _Garbage(403)
        if request.method != "POST":
            raise _Garbage(405)
        try:
            body = json.loads(request.body)
        except (ValueError, RecursionError) as error:
            raise _Garbage(400) from error
        if not isinstance(body, dict):
            raise _Garbage(400)
        nonce = body.get("nonce")
        if not isinstance(nonce, str):
            return Answer(400, {"error": "The field nonce is needed."})
        try:
            answer = await self._handler(caller, request.path, body)
        except Exception as error:  # a bug in one command must not end the others
            print(f"{request.path} of {caller} failed: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            return Answer(500, {"nonce": nonce, "error": f"{type(error).__name__} in {request.path}."})
        return Answer(answer.status, {**answer.body, "nonce": nonce})


async def _read(stream: TlsStream) -> _Request:
    try:
        head = await stream.read_until(b"\r\n\r\n", _HEAD_MAX)
    except TooLong as error:
        raise _Garbage(413) from error
    start, *rest = head.decode("latin-1").split("\r\n")
    words = start.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise _Garbage(400)
    headers: dict[str, str] = {}
    for line in rest:
        name, _, value = line.partition(":")
        name = name.strip().lower()
        if name == "content-length" and headers.get(name, value.strip()) != value.strip():
            raise _Garbage(400)
        headers[name] = value.strip()
    length = headers.get("content-length", "0")
    if "transfer-encoding" in headers or not (length.isdecimal() and length.isascii()):
        raise _Garbage(400)
    if len(length) > 9 or int(length) > _BODY_MAX:
        raise _Garbage(413)
    return _Request(words[0], words[1], headers, await stream.read(int(length)))


def _packed(answer: Answer) -> bytes:
    body = json.dumps(answer.body).encode()
    lines = [f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Unknown')}"]
    lines += [f"Content-Length: {len(body)}", "Content-Type: application/json"]
    return "\r\n".join([*lines, "", ""]).encode() + body
