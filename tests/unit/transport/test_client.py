"""What the client says of a question without an answer: whether the peer may have read it decides what is done next."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from farshore.transport.client import Client
from farshore.transport.message import Answer, Caller, Json, NoAnswer, NotTrusted
from farshore.transport.server import Server
from farshore.transport.tls import client_context, server_context
from identities import AUTHORITY, STRANGER, identity

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _tls(folder: Path) -> ssl.SSLContext:
    return client_context(identity(folder / "client", "controller:c1"))


@asynccontextmanager
async def talking(folder: Path, talk: Talk) -> AsyncIterator[Client]:
    """A peer with the right certificate that answers as `talk` does."""
    context = server_context(identity(folder / "server", "agent:shop-1"))
    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
    client = Client("127.0.0.1", server.sockets[0].getsockname()[1], _tls(folder), "agent", "shop-1")
    try:
        yield client
    finally:
        client.close()
        server.close()


def _answer(body: object, status: int = 200) -> bytes:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return f"HTTP/1.1 {status} OK\r\nContent-Length: {len(raw)}\r\n\r\n".encode() + raw


@pytest.mark.parametrize(
    "said",
    [
        _answer({"nonce": "of another question"}),
        _answer({}),
        _answer(b"no JSON"),
        _answer([]),
        _answer({"nonce": "of another question"}, 409),
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"\r\n\r\n",
        b"",
    ],
)
def test_what_is_not_the_answer_is_no_answer(tmp_path: Path, said: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        writer.close()

    async def work() -> None:
        async with talking(tmp_path, talk) as client:
            with pytest.raises(NoAnswer) as caught:
                await client.ask("/v1/x", {}, 5.0)
            assert caught.value.sent

    asyncio.run(work())


def test_a_refusal_may_come_without_a_nonce(tmp_path: Path) -> None:
    """Of a request that could not be read, nobody knows the nonce."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(_answer({}, 413))

    async def work() -> None:
        async with talking(tmp_path, talk) as client:
            assert (await client.ask("/v1/x", {}, 5.0)).status == 413

    asyncio.run(work())


def test_nobody_there_was_not_asked(tmp_path: Path) -> None:
    async def work() -> None:
        with pytest.raises(NoAnswer) as caught:
            await Client("127.0.0.1", 1, _tls(tmp_path), "agent").ask("/v1/x", {}, 5.0)
        assert not caught.value.sent

    asyncio.run(work())


def test_a_peer_that_hangs_may_have_read_it_and_is_not_asked_again_on_that_connection(tmp_path: Path) -> None:
    """A late answer must not be taken for the next one's."""
    asked = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        asked.append(json.loads(await reader.readexactly(length)))
        if len(asked) > 1:
            writer.write(_answer({"nonce": asked[-1]["nonce"]}))

    async def work() -> None:
        async with talking(tmp_path, talk) as client:
            with pytest.raises(NoAnswer, match=r"no answer within 0\.5 s") as caught:
                await client.ask("/v1/x", {}, 0.5)
            assert caught.value.sent
            assert (await client.ask("/v1/y", {}, 5.0)).status == 200

    asyncio.run(work())


async def _echo(caller: Caller, path: str, body: Json) -> Answer:
    return Answer(200, {"seen": body})


def test_a_nonce_that_is_there_is_kept_so_that_a_relay_can_pass_on_what_it_heard(tmp_path: Path) -> None:
    async def work() -> None:
        server = Server(("127.0.0.1", 0), server_context(identity(tmp_path / "server", "agent:shop-1")), _echo)
        await server.start()
        client = Client("127.0.0.1", server.port, _tls(tmp_path), "agent")
        answer = await client.ask("/v1/renew", {"nonce": "its own"}, 5.0)
        assert (answer.body["nonce"], answer.body["seen"]["nonce"]) == ("its own", "its own")
        first, second = [(await client.ask("/v1/x", {}, 5.0)).body["nonce"] for _ in range(2)]
        assert first != second
        client.close()
        await server.stop()

    asyncio.run(work())


def test_a_restarted_peer_is_asked_again_without_a_word(tmp_path: Path) -> None:
    """The warm connection is gone; whoever asks does not notice."""

    async def work() -> None:
        context = server_context(identity(tmp_path / "server", "agent:shop-1"))
        server = Server(("127.0.0.1", 0), context, _echo)
        await server.start()
        client = Client("127.0.0.1", server.port, _tls(tmp_path), "agent")
        assert (await client.ask("/v1/x", {}, 5.0)).status == 200
        port = server.port
        await server.stop()
        server = Server(("127.0.0.1", port), context, _echo)
        await server.start()
        assert (await client.ask("/v1/x", {}, 5.0)).status == 200
        client.close()
        await server.stop()

    asyncio.run(work())


def test_calls_at_once_get_their_own_answers(tmp_path: Path) -> None:
    async def work() -> None:
        server = Server(("127.0.0.1", 0), server_context(identity(tmp_path / "server", "agent:shop-1")), _echo)
        await server.start()
        client = Client("127.0.0.1", server.port, _tls(tmp_path), "agent")
        answers = await asyncio.gather(*(client.ask("/v1/x", {"number": number}, 10.0) for number in range(20)))
        assert [answer.body["seen"]["number"] for answer in answers] == list(range(20))
        client.close()
        await server.stop()

    asyncio.run(work())


@pytest.mark.parametrize(("theirs", "ours"), [(AUTHORITY, STRANGER), (STRANGER, AUTHORITY)])
def test_without_trust_nothing_was_sent(tmp_path: Path, theirs: object, ours: object) -> None:
    """Whichever of the two ends refuses."""
    believes = {id(AUTHORITY): AUTHORITY, id(STRANGER): STRANGER}

    async def work() -> None:
        own = identity(tmp_path / "server", "agent:shop-1", AUTHORITY, ca=believes[id(theirs)])
        server = Server(("127.0.0.1", 0), server_context(own), _echo)
        await server.start()
        peer = identity(tmp_path / "client", "controller:c1", AUTHORITY, ca=believes[id(ours)])
        with pytest.raises(NotTrusted, match="certificate is not accepted") as caught:
            await Client("127.0.0.1", server.port, client_context(peer), "agent").ask("/v1/x", {}, 5.0)
        assert not caught.value.sent
        await server.stop()

    asyncio.run(work())
