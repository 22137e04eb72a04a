"""Asking a DNS server for an A record by UDP: just enough of the protocol for shoppers, who may use no library.

Everything else of farshore reads DNS through its port; shoppers stand for people's machines and share none of it.
"""

import asyncio
import secrets
import struct
from collections.abc import Callable

_HEADER = struct.Struct("!HHHHHH")
_RECURSION_DESIRED = 0x0100
_A, _IN = 1, 1


class NoAddress(OSError):
    """The name could not be turned into an address; the text says why in a few words."""


async def look_up(name: str, server: str, timeout_s: float, port: int = 53) -> tuple[str, float]:
    """(address, TTL in seconds). One question, asked again once: UDP may lose it."""
    for _ in range(2):
        try:
            return await asyncio.wait_for(_ask(name, server, port), timeout_s / 2)
        except TimeoutError:
            continue
    raise NoAddress(f"{server} did not answer for {name}")


async def _ask(name: str, server: str, port: int) -> tuple[str, float]:
    loop = asyncio.get_running_loop()
    number = secrets.randbelow(65536)
    answered: asyncio.Future[bytes] = loop.create_future()

    class Waiting(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:
            if len(data) >= 2 and int.from_bytes(data[:2], "big") == number and not answered.done():
                answered.set_result(data)

        def error_received(self, exc: Exception) -> None:
            if not answered.done():
                answered.set_exception(NoAddress(f"{server}: {exc}"))

    transport, _ = await loop.create_datagram_endpoint(Waiting, remote_addr=(server, port))
    try:
        transport.sendto(question(name, number))
        return parse(await answered, name)
    finally:
        transport.close()


def question(name: str, number: int) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode("ascii") for label in name.rstrip(".").split("."))
    return _HEADER.pack(number, _RECURSION_DESIRED, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", _A, _IN)


def parse(answer: bytes, name: str) -> tuple[str, float]:
    try:
        _, flags, questions, answers, _, _ = _HEADER.unpack_from(answer)
        code = flags & 0x000F
        if code:
            raise NoAddress(f"the DNS answered code {code} for {name}")
        at = _HEADER.size
        for _ in range(questions):
            at = _skip_name(answer, at) + 4
        for _ in range(answers):
            at = _skip_name(answer, at)
            kind, _, ttl, length = struct.unpack_from("!HHIH", answer, at)
            at += 10
            if kind == _A and length == 4:
                return ".".join(str(part) for part in answer[at : at + 4]), float(ttl)
            at += length
    except (struct.error, IndexError) as error:
        raise NoAddress(f"the DNS answer for {name} is cut short") from error
    raise NoAddress(f"there is no address for {name}")


def _skip_name(answer: bytes, at: int) -> int:
    while True:
        length = answer[at]
        if length & 0xC0:  # a pointer ends the name
            return at + 2
        at += 1 + length
        if length == 0:
            return at


class Cached:
    """A stub that keeps an answer for as long as its TTL says, and asks again after that."""

    def __init__(self, server: str, timeout_s: float, now: Callable[[], float]) -> None:
        self._server = server
        self._timeout_s = timeout_s
        self._now = now
        self._known: dict[str, tuple[str, float]] = {}

    async def __call__(self, name: str) -> str:
        address, until = self._known.get(name, ("", 0.0))
        if address and self._now() < until:
            return address
        asked = self._now()
        address, ttl = await look_up(name, self._server, self._timeout_s)
        self._known[name] = (address, asked + ttl)
        return address


class Fresh:
    """Keeps nothing."""

    def __init__(self, server: str, timeout_s: float) -> None:
        self._server = server
        self._timeout_s = timeout_s

    async def __call__(self, name: str) -> str:
        return (await look_up(name, self._server, self._timeout_s))[0]
