"""One request on one fresh connection, by asyncio streams and `ssl` alone. Implements the prober port.

The agent uses it too (handed in by wiring), so it needs nothing beyond the standard library.
"""

import asyncio
import socket
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlencode

from farshore.model.sighting import Door, Look
from farshore.ports.prober import Target

_HEAD_MAX = 64 * 1024
_BODY_MAX = 1024 * 1024
_CHUNK = 64 * 1024


class _Bad(Exception):
    """An answer that is not good enough; the text becomes the look's `why`."""


@dataclass(slots=True)
class _Progress:
    """How far a look has come, so that a timeout can say what it waited for."""

    stage: str = "connect"


class StreamProber:
    def __init__(self) -> None:
        self._contexts: dict[str | None, ssl.SSLContext] = {}

    async def look(self, target: Target, timeout_s: float) -> Look:
        began_s = time.monotonic()
        why = await self._why(target, timeout_s)
        return Look(target.door, target.region, not why, time.monotonic() - began_s, why)

    async def _why(self, target: Target, timeout_s: float) -> str:
        """Empty when all is well. The order matters: several of these are subclasses of OSError."""
        progress = _Progress()
        try:
            async with asyncio.timeout(timeout_s):
                await self._ask(target, progress)
        except _Bad as bad:
            return str(bad)
        except ssl.SSLCertVerificationError as error:
            return f"tls: {error.verify_message}"
        except ssl.SSLError as error:
            return f"tls: {error.reason or 'broken'}"
        except socket.gaierror:
            return "dns"
        except ConnectionRefusedError:
            return "refused"
        except ConnectionResetError:
            return f"reset ({progress.stage})"
        except TimeoutError:
            return f"timeout ({progress.stage})"
        except asyncio.IncompleteReadError:
            return f"closed ({progress.stage})"
        except asyncio.LimitOverrunError:
            return "garbage"
        except OSError as error:
            return f"unreachable: {error.strerror or error}"
        except Exception as error:  # the port promises a look whatever happens
            return f"broken: {type(error).__name__}"
        return ""

    async def _ask(self, target: Target, progress: _Progress) -> None:
        context = self._context(target.ca_file) if target.tls else None
        reader, writer = await asyncio.open_connection(
            target.address,
            target.port,
            limit=_HEAD_MAX,
            ssl=context,
            server_hostname=target.host if target.tls else None,
        )
        try:
            progress.stage = "answer"
            writer.write(_request(target))
            status, headers = await _head(reader)
            # A reference only has to answer: any status proves that this machine's network is sound.
            if not 200 <= status < 300 and target.door is not Door.REFERENCE:
                raise _Bad(f"status {status}")
            progress.stage = "body"
            body = b"" if target.method == "HEAD" or status == 204 else await _body(reader, headers)
            if target.expect and target.expect.encode() not in body:
                raise _Bad("body")
        finally:
            # A polite close would wait for the peer's TLS goodbye, and a dying peer sends none.
            writer.transport.abort()

    def _context(self, ca_file: str | None) -> ssl.SSLContext:
        """One per authority file: loading the system's takes 19 ms."""
        context = self._contexts.get(ca_file)
        if context is None:
            try:
                context = ssl.create_default_context(cafile=ca_file)
            except OSError as error:
                raise _Bad(f"tls: the authority file {ca_file} cannot be read") from error
            context.set_alpn_protocols(["http/1.1"])
            self._contexts[ca_file] = context
        return context


def _request(target: Target) -> bytes:
    usual = 443 if target.tls else 80
    lines = [
        f"{target.method} {target.path} HTTP/1.1",
        f"Host: {target.host}" if target.port == usual else f"Host: {target.host}:{target.port}",
        "User-Agent: farshore",
        "Accept: */*",
        "Accept-Encoding: identity",
        "Connection: close",
    ]
    body = b""
    if target.method == "POST":
        body = urlencode(target.form).encode()
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    """Status and headers, past any interim answers."""
    while True:
        try:
            raw = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            if error.partial and not error.partial.startswith(b"HTTP/1."):
                raise _Bad("garbage") from error
            raise
        first, *rest = raw.decode("latin-1").split("\r\n")
        words = first.split(" ", 2)
        if len(words) < 2 or not words[0].startswith("HTTP/1.") or not (words[1].isdecimal() and words[1].isascii()):
            raise _Bad("garbage")
        status = int(words[1])
        if not 100 <= status < 200:
            break
    headers = {}
    for line in rest:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return status, headers


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    """As much of the body as anybody would look at; the whole of it must arrive."""
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return await _chunks(reader)
    length = headers.get("content-length")
    if length is not None:
        if not (length.isdecimal() and length.isascii()):
            raise _Bad("garbage")
        return await _exactly(reader, int(length))
    kept = bytearray()
    while piece := await reader.read(_CHUNK):
        _keep(kept, piece)
    return bytes(kept)


async def _exactly(reader: asyncio.StreamReader, length: int) -> bytes:
    kept = bytearray()
    while length > 0:
        piece = await reader.read(min(length, _CHUNK))
        if not piece:
            raise asyncio.IncompleteReadError(b"", length)
        length -= len(piece)
        _keep(kept, piece)
    return bytes(kept)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    kept = bytearray()
    while True:
        size_line = (await reader.readuntil(b"\r\n")).split(b";", 1)[0].strip()
        try:
            size = int(size_line, 16)
        except ValueError as error:
            raise _Bad("garbage") from error
        if size <= 0:
            return bytes(kept)
        _keep(kept, await _exactly(reader, size))
        if await reader.readexactly(2) != b"\r\n":
            raise _Bad("garbage")


def _keep(kept: bytearray, piece: bytes) -> None:
    """Memory is bounded; time is bounded by the look's own deadline."""
    kept += piece[: max(0, _BODY_MAX - len(kept))]
