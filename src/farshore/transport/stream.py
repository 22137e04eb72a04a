"""The server's end of one TLS connection, on a non-blocking socket.

asyncio's own TLS drops the alert that says why a handshake failed, so the peer would learn nothing but that we hung up.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_CHUNK = 16 * 1024
_LINGER_S = 1.0


class Gone(Exception):
    """The peer closed the connection, or broke it."""


class TooLong(Exception):
    """The head did not end within its limit."""


class TlsStream:
    def __init__(self, sock: socket.socket, tls: ssl.SSLContext) -> None:
        sock.setblocking(False)
        self._sock = tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        self._buffer = b""

    async def handshake(self) -> object:
        """The peer's certificate, verified. Raises Gone; the peer has been told why."""
        await self._do(self._sock.do_handshake)
        return self._sock.getpeercert()

    async def read_until(self, end: bytes, length_max: int) -> bytes:
        """With `end`. Raises Gone and TooLong."""
        while (found := self._buffer.find(end)) < 0:
            if len(self._buffer) > length_max:
                raise TooLong
            await self._more()
        return self._take(found + len(end))

    async def read(self, length: int) -> bytes:
        """Exactly so much. Raises Gone."""
        while len(self._buffer) < length:
            await self._more()
        return self._take(length)

    async def wait(self) -> None:
        """Until there is something to read. Raises Gone."""
        if not self._buffer:
            await self._more()

    async def write(self, data: bytes) -> None:
        """Raises Gone."""
        left = memoryview(data)
        while left:
            part = left
            left = left[await self._do(lambda: self._sock.send(part)) :]  # noqa: B023

    async def close(self) -> None:
        """What was written last still reaches a peer that is in the middle of sending."""
        loop = asyncio.get_running_loop()
        try:
            raw = socket.socket(fileno=self._sock.detach())
        except OSError:
            return
        with raw, contextlib.suppress(OSError, TimeoutError):
            raw.setblocking(False)
            raw.shutdown(socket.SHUT_WR)
            async with asyncio.timeout(_LINGER_S):
                while await loop.sock_recv(raw, _CHUNK):
                    pass

    def abort(self) -> None:
        self._sock.close()

    def _take(self, length: int) -> bytes:
        taken, self._buffer = self._buffer[:length], self._buffer[length:]
        return taken

    async def _more(self) -> None:
        data = await self._do(lambda: self._sock.recv(_CHUNK))
        if not data:
            raise Gone
        self._buffer += data

    async def _do(self, operation: Callable[[], T]) -> T:
        while True:
            try:
                return operation()
            except ssl.SSLWantReadError:
                await self._ready(reading=True)
            except ssl.SSLWantWriteError:
                await self._ready(reading=False)
            except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
                raise Gone from error

    async def _ready(self, reading: bool) -> None:
        loop, descriptor = asyncio.get_running_loop(), self._sock.fileno()
        ready = loop.create_future()
        add, remove = (loop.add_reader, loop.remove_reader) if reading else (loop.add_writer, loop.remove_writer)
        add(descriptor, _set, ready)
        try:
            await ready
        finally:
            remove(descriptor)


def _set(ready: "asyncio.Future[None]") -> None:
    if not ready.done():  # called again as long as the socket is ready
        ready.set_result(None)
