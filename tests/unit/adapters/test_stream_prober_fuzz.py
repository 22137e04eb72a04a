"""Whatever a peer sends, a look ends, says why, and calls nothing good that is not a whole answer."""

import asyncio

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farshore.adapters.stream_prober import StreamProber
from farshore.model.region import RegionName
from farshore.model.sighting import Door, Look
from farshore.ports.prober import Target

PIECES = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 503 No\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/9 abc\r\n",
        b"Content-Length: 5\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 99999999999999999999\r\n",
        b"Content-Length: x\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"\r\n",
        b"5\r\nhello\r\n",
        b"0\r\n\r\n",
        b"zz\r\n",
        b"-5\r\n",
        b"hello",
        b"\x00\xff",
    ]
)
ANSWERS = st.lists(st.one_of(PIECES, st.binary(max_size=12)), max_size=9).map(b"".join)


async def _look_at(answer: bytes) -> Look:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        target = Target(Door.BROWSE, RegionName("nyc3"), "127.0.0.1", port, "shop.test", "/", tls=False, expect="hello")
        return await StreamProber().look(target, 5.0)
    finally:
        server.close()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ANSWERS)
def test_any_bytes(answer: bytes) -> None:
    look = asyncio.run(_look_at(answer))
    assert look.ok is (look.why == "")
    assert not look.why.startswith("broken"), answer
    if look.ok:
        assert b"HTTP/1." in answer
        assert b" 2" in answer
        assert b"hello" in answer


def test_a_whole_answer_is_good() -> None:
    assert asyncio.run(_look_at(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")).ok
