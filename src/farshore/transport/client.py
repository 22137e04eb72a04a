"""Asks one peer over one warm connection. Controllers ask agents with it, and agents controllers and each other."""

import asyncio
import json
import secrets
import ssl

from farshore.transport.message import Answer, Caller, Json, NoAnswer, NotTrusted, caller_of

_ANSWER_MAX = 1024 * 1024


class Client:
    """Calls wait for each other: one connection carries one question at a time."""

    def __init__(self, address: str, port: int, tls: ssl.SSLContext, role: str, name: str = "") -> None:
        """`role`, and `name` if given, are what the peer must be by its certificate."""
        self._address = address
        self._port = port
        self._tls = tls
        self._role = role
        self._name = name
        self._turn = asyncio.Lock()
        self._until_s: float | None = None
        self._stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @property
    def peer_until_s(self) -> float | None:
        """When the certificate of the peer last spoken to ends, in seconds since 1970."""
        return self._until_s

    async def ask(self, path: str, body: Json, timeout_s: float) -> Answer:
        """Raises NoAnswer, or NotTrusted of it, and nothing else.

        A `nonce` is added unless `body` has one, and the answer must carry it. A connection that broke while idle is
        opened again once, so what is asked must be harmless when it arrives twice.
        """
        asked = {"nonce": secrets.token_hex(16), **body}
        sent = before = False
        try:
            async with asyncio.timeout(timeout_s):
                async with self._turn:
                    if self._warm():
                        try:
                            sent = before = True
                            return await self._exchange(path, asked)
                        except NoAnswer:
                            pass  # idle for too long, or the peer was restarted
                    self.close()
                    await self._connect()
                    sent = True
                    return await self._exchange(path, asked)
        except NoAnswer as error:
            self.close()
            error.sent = error.sent or before
            raise
        except TimeoutError as error:
            if sent:  # while it was another's turn, the connection was not ours to close
                self.close()
            raise NoAnswer(f"no answer within {timeout_s:g} s", sent) from error
        except BaseException:
            if sent:
                self.close()  # cancelled half-way: the next answer on this connection would be another's
            raise

    def close(self) -> None:
        if self._stream is not None:
            self._stream[1].transport.abort()
            self._stream = None

    def _warm(self) -> bool:
        """A peer that hung up while nobody asked is found out before anything is sent to it."""
        return self._stream is not None and not self._stream[0].at_eof() and not self._stream[1].is_closing()

    async def _connect(self) -> None:
        try:
            reader, writer = await asyncio.open_connection(
                self._address, self._port, ssl=self._tls, server_hostname="", limit=_ANSWER_MAX
            )
        except ssl.SSLError as error:
            raise NotTrusted(_said(error)) from error
        except OSError as error:
            raise NoAnswer(error.strerror or str(error) or type(error).__name__, sent=False) from error
        peer = caller_of(writer.get_extra_info("peercert"))
        if peer is None or peer.role != self._role or self._name not in ("", peer.name):
            writer.transport.abort()
            wanted = Caller(self._role, self._name or "*")
            raise NotTrusted(f"the certificate there is that of {peer or 'nobody known'}, not of {wanted}")
        self._until_s = ssl.cert_time_to_seconds(str(writer.get_extra_info("peercert")["notAfter"]))
        self._stream = (reader, writer)

    async def _exchange(self, path: str, asked: Json) -> Answer:
        assert self._stream is not None
        reader, writer = self._stream
        raw = json.dumps(asked).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: {self._role}\r\nContent-Type: application/json\r\n"
        try:
            writer.write(f"{head}Content-Length: {len(raw)}\r\n\r\n".encode() + raw)
            await writer.drain()
            answer = await _read_answer(reader)
        except ssl.SSLError as error:
            # In TLS 1.3 the peer judges our certificate only after our handshake is over; an alert is its refusal.
            raise NotTrusted(_said(error)) from error
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, IndexError) as error:
            raise NoAnswer(f"the connection broke ({type(error).__name__})", sent=True) from error
        unmarked = None if answer.status == 200 else asked["nonce"]  # what cannot be read is refused without a nonce
        if answer.body.get("nonce", unmarked) != asked["nonce"]:
            raise NoAnswer("the answer is not the answer to our question", sent=True)
        return answer


async def _read_answer(reader: asyncio.StreamReader) -> Answer:
    """Raises ValueError or IndexError for what is not an answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *rest = head.split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    length = int(headers.get("content-length", "0"))
    if not 0 <= length <= _ANSWER_MAX:
        raise ValueError("length")
    body = json.loads(await reader.readexactly(length))
    if not isinstance(body, dict):
        raise ValueError("no object")
    return Answer(int(first.split(" ")[1]), body)


def _said(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted here: {error.verify_message}"
    reason = (error.reason or str(error)).replace("_", " ").lower()
    return f"our certificate is not accepted there: {reason}" if "alert" in reason else f"TLS failed: {reason}"
