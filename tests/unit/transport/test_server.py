"""The server against strangers, garbage and the slow; with real TLS on loopback."""

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from farshore.transport import server as server_module
from farshore.transport.client import Client
from farshore.transport.message import Answer, Caller, Json, NoAnswer, NotTrusted
from farshore.transport.server import Server
from farshore.transport.tls import client_context, server_context
from identities import AUTHORITY, STRANGER, identity


async def _echo(caller: Caller, path: str, body: Json) -> Answer:
    if path == "/bug":
        raise KeyError("bug")
    return Answer(int(body.get("status", 200)), {"caller": str(caller), "path": path, "nonce": "not this one"})


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Server]:
    server = Server(("127.0.0.1", 0), server_context(identity(folder / "server", "agent:shop-1")), _echo)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def _tls(folder: Path, name: str = "controller:c1") -> ssl.SSLContext:
    return client_context(identity(folder / "client", name))


async def _send(server: Server, tls: ssl.SSLContext, raw: bytes) -> bytes:
    """All that comes back until the server hangs up; for one that would wait, `raw` asks it to."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=tls, server_hostname="")
    writer.write(raw)
    async with asyncio.timeout(20):
        answer = await reader.read()
    writer.transport.abort()
    return answer


def _request(body: object, path: str = "/v1/x", method: str = "POST") -> bytes:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return f"{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {len(raw)}\r\n\r\n".encode() + raw


def test_the_caller_is_who_the_certificate_says_and_the_nonce_comes_back(tmp_path: Path) -> None:
    async def work() -> None:
        async with serving(tmp_path) as server:
            answer = await _send(server, _tls(tmp_path), _request({"nonce": "n-1"}))
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
            body = json.loads(answer.partition(b"\r\n\r\n")[2])
            assert body == {"caller": "controller:c1", "path": "/v1/x", "nonce": "n-1"}

    asyncio.run(work())


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (_request({"nonce": "n"}, method="GET"), 405),
        (b"POST /v1/x HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"POST /v1/x HTTP/1.1\r\nContent-Length: 262145\r\n\r\n", 413),
        (b"POST /v1/x HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /v1/x HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST /v1/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST /v1/x HTTP/1.1\r\n" + b"X: y\r\n" * 9000 + b"\r\n", 413),
        (_request(b"not json"), 400),
        (_request(b"[" * 5000), 400),
        (_request(b"[]"), 400),
        (_request(b"\xff\xfe"), 400),
        (_request({"nonce": 1}), 400),
        (_request({}), 400),
        (_request({"nonce": "n"}, path="/bug"), 500),
        *((_request({"nonce": "n", "status": status}), status) for status in (404, 409, 425, 503, 507)),
    ],
)
def test_garbage_is_answered_and_others_are_served(
    tmp_path: Path, raw: bytes, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    async def work() -> None:
        async with serving(tmp_path) as server:
            tls = _tls(tmp_path)
            assert (await _send(server, tls, raw)).startswith(f"HTTP/1.1 {status} ".encode())
            client = Client("127.0.0.1", server.port, tls, "agent", "shop-1")
            assert (await client.ask("/v1/x", {}, 5.0)).status == 200
            client.close()

    asyncio.run(work())
    assert ("KeyError" in capsys.readouterr().err) == (status == 500)


def test_a_certificate_without_a_role_is_nobody(tmp_path: Path) -> None:
    async def work() -> None:
        async with serving(tmp_path) as server:
            answer = await _send(server, _tls(tmp_path, "shop.example.com"), _request({"nonce": "n"}))
            assert answer.startswith(b"HTTP/1.1 403 ")

    asyncio.run(work())


def _without_certificate() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.mark.parametrize("who", ["nobody", "stranger", "old TLS", "no TLS"])
def test_whoever_is_not_of_the_group_gets_an_alert_and_no_word(tmp_path: Path, who: str) -> None:
    """In TLS 1.3 the client learns it only when it reads; the alert must have been sent."""
    stranger = client_context(identity(tmp_path / "stranger", "controller:c1", STRANGER, ca=AUTHORITY))
    old = _tls(tmp_path)
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2

    async def work() -> None:
        async with serving(tmp_path) as server:
            if who == "no TLS":
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
                writer.write(_request({"nonce": "n"}))
                assert b"HTTP" not in await reader.read()
                writer.transport.abort()
                return
            tls = {"nobody": _without_certificate(), "stranger": stranger, "old TLS": old}[who]
            with pytest.raises(ssl.SSLError, match=r"(?i)alert"):
                await _send(server, tls, _request({"nonce": "n"}))

    asyncio.run(work())


def test_those_who_only_connect_keep_nobody_out(tmp_path: Path) -> None:
    """More connections without a handshake than are taken at once: the oldest go, and a right one is served."""

    async def work() -> None:
        async with serving(tmp_path) as server:
            strangers = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(100)]
            client = Client("127.0.0.1", server.port, _tls(tmp_path), "agent", "shop-1")
            assert (await client.ask("/v1/x", {}, 10.0)).status == 200
            assert await strangers[0][0].read() == b""
            client.close()
            for _, writer in strangers:
                writer.transport.abort()

    asyncio.run(work())


def test_there_is_a_limit_of_peers_and_those_who_are_there_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "_CONNECTIONS_MAX", 8)

    async def work() -> None:
        async with serving(tmp_path) as server:
            tls = _tls(tmp_path)
            first = Client("127.0.0.1", server.port, tls, "agent")
            await first.ask("/v1/x", {}, 10.0)
            others = [Client("127.0.0.1", server.port, tls, "agent") for _ in range(7)]
            for other in others:
                await other.ask("/v1/x", {}, 10.0)
            with pytest.raises(NoAnswer):
                await Client("127.0.0.1", server.port, tls, "agent").ask("/v1/x", {}, 10.0)
            assert (await first.ask("/v1/x", {}, 10.0)).status == 200
            for other in [first, *others]:
                other.close()

    asyncio.run(work())


@pytest.mark.parametrize(("limit", "begun"), [("_HANDSHAKE_S", None), ("_IDLE_S", b""), ("_SLOW_S", b"POST /")])
def test_whoever_is_too_slow_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, begun: bytes | None
) -> None:
    """Before TLS, between two requests, and in the middle of one."""
    monkeypatch.setattr(server_module, limit, 0.1)

    async def work() -> None:
        async with serving(tmp_path) as server:
            tls = None if begun is None else _tls(tmp_path)
            if tls is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            else:
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=tls, server_hostname="")
            writer.write(begun or b"")
            async with asyncio.timeout(20):
                assert await reader.read() == b""
            writer.transport.abort()

    asyncio.run(work())


def test_a_peer_that_is_who_it_should_not_be_is_told_nothing(tmp_path: Path) -> None:
    async def work() -> None:
        async with serving(tmp_path) as server:
            tls = _tls(tmp_path)
            for role, name in (("controller", ""), ("agent", "shop-2")):
                with pytest.raises(NotTrusted, match="is that of agent:shop-1, not of") as caught:
                    await Client("127.0.0.1", server.port, tls, role, name).ask("/v1/x", {"secret": 1}, 5.0)
                assert not caught.value.sent

    asyncio.run(work())


def test_a_stopped_server_leaves_its_port(tmp_path: Path) -> None:
    async def work() -> int:
        async with serving(tmp_path) as server:
            client = Client("127.0.0.1", server.port, _tls(tmp_path), "agent")
            await client.ask("/v1/x", {}, 5.0)
            port = server.port
        with pytest.raises(NoAnswer):
            await client.ask("/v1/x", {}, 5.0)
        return port

    port = asyncio.run(work())
    with socket.create_server(("127.0.0.1", port)):
        pass
