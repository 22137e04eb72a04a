"""Every way in which a door can be shut has a name, and no look outlives its deadline."""

import asyncio
import random
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from farshore.adapters.stream_prober import StreamProber
from farshore.model.region import RegionName
from farshore.model.sighting import Door, Look
from farshore.ports.prober import Target
from tidepool.api.authority import Authority

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
TARGET = Target(Door.BUY, RegionName("nyc3"), "127.0.0.1", 0, "shop.example.com", "/healthz", tls=False)


def _saying(raw: bytes, hold: bool = False) -> Answer:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        await writer.drain()
        if hold:
            await reader.read()
        writer.close()

    return answer


async def _dribble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A store that is half dead: a byte now and then, each of them well within any per-read timeout."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    try:
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)
    except OSError:
        pass


def _look(answer: Answer, timeout_s: float = 5.0, target: Target = TARGET) -> Look:
    async def work() -> Look:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        try:
            return await StreamProber().look(replace(target, port=port), timeout_s)
        finally:
            server.close()

    return asyncio.run(work())


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nopen",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nop\r\n2;x=y\r\nen\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nopen until closed",
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nopen",
    ],
    ids=["length", "chunked", "until closed", "interim answer"],
)
def test_an_open_door(raw: bytes) -> None:
    look = _look(_saying(raw), target=replace(TARGET, expect="open"))
    assert (look.ok, look.why) == (True, "")


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "status 503"),
        (b"HTTP/1.1 301 Moved\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", "status 301"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nshut", "body"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "garbage"),
        (b"HTTP/1.1 abc\r\n\r\n", "garbage"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "garbage"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "garbage"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20000 + b"\r\n", "garbage"),
        (b"", "closed (answer)"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "closed (body)"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else None,
)
def test_a_door_that_answers_badly(raw: bytes, why: str) -> None:
    assert _look(_saying(raw), target=replace(TARGET, expect="open")).why == why


def test_a_body_that_never_ends_costs_the_deadline_and_no_more() -> None:
    look = _look(_dribble, timeout_s=0.3)
    assert look.why == "timeout (body)"
    assert look.took_s < 3.0


def test_a_mute_server() -> None:
    assert _look(_saying(b"", hold=True), timeout_s=0.2).why == "timeout (answer)"


def test_refused() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    assert asyncio.run(StreamProber().look(replace(TARGET, port=port), 2.0)).why == "refused"


def test_a_black_hole_is_bounded() -> None:
    """A listening socket with a full queue swallows the SYN, as a dead region does."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for client in (first, second):
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        look = asyncio.run(StreamProber().look(replace(TARGET, port=full.getsockname()[1]), 0.3))
    assert look.why == "timeout (connect)"
    assert look.took_s < 3.0


def test_tls_asks_for_the_public_host_while_dialling_the_address(tmp_path: Path) -> None:
    """Right name and authority: open. Another name, or the system's authorities: a TLS failure."""
    authority = Authority.open(tmp_path)
    context = authority.server_context("shop", ["shop.example.com"])

    async def work() -> list[str]:
        server = await asyncio.start_server(
            _saying(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), "127.0.0.1", 0, ssl=context
        )
        good = replace(TARGET, tls=True, ca_file=str(authority.ca_file), port=server.sockets[0].getsockname()[1])
        prober = StreamProber()
        looks = [
            await prober.look(target, 5.0)
            for target in (
                good,
                replace(good, host="other.example.com"),
                replace(good, ca_file=None),
                replace(good, ca_file=str(tmp_path / "missing.pem")),
                replace(good, tls=False),
            )
        ]
        server.close()
        return [look.why for look in looks]

    right, name, system, missing, plain = asyncio.run(work())
    assert right == ""
    assert name.startswith("tls: Hostname mismatch")
    assert system.startswith("tls: ")
    assert "cannot be read" in missing
    assert plain != ""


def test_a_form_is_posted_whole() -> None:
    seen: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length"))
        seen.extend([head, await reader.readexactly(length)])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    target = replace(TARGET, method="POST", path="/checkout", form=(("name", "Ann & Bob"), ("token", "é")))
    assert _look(answer, target=target).ok
    assert seen[0].startswith(b"POST /checkout HTTP/1.1\r\nHost: shop.example.com:")
    assert seen[1] == b"name=Ann+%26+Bob&token=%C3%A9"


@pytest.mark.parametrize("seed", range(60))
def test_noise_never_raises(seed: int) -> None:
    """Whatever comes back is a look: noise, and good answers with a few bytes broken."""
    chance = random.Random(seed)
    raw = bytearray(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nopen\r\n0\r\n\r\n")
    if seed % 3 == 0:
        raw = bytearray(chance.randbytes(chance.randrange(200)) + b"\r\n\r\n")
    for _ in range(chance.randrange(1, 6)):
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    look = _look(_saying(bytes(raw)), timeout_s=2.0)
    assert not look.why.startswith("broken")
