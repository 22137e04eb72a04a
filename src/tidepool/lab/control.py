"""The daemon's control socket: one JSON line asks, one answers. The command line is its only client."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from tidepool.lab.home import LabError, LabFolder

Answer = dict[str, Any]
Handler = Callable[[dict[str, Any]], Awaitable[Answer]]


async def serve(folder: LabFolder, handlers: dict[str, Handler]) -> asyncio.Server:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answer = await _answer(handlers, await reader.readline())
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        except ConnectionError:  # who asked has gone
            pass
        finally:
            writer.close()

    return await asyncio.start_unix_server(connected, str(folder.control))


async def _answer(handlers: dict[str, Handler], line: bytes) -> Answer:
    try:
        question = json.loads(line)
        return await handlers[question.pop("verb")](question)
    except Exception as error:  # the daemon outlives any question; the text is for the command line
        plain = isinstance(error, LabError | ValueError)
        return {"error": str(error) if plain else f"{type(error).__name__}: {error}"}


def ask(folder: LabFolder, verb: str, timeout_s: float = 120.0, **words: Any) -> Answer:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(timeout_s)
        try:
            sock.connect(str(folder.control))
            sock.sendall(json.dumps({"verb": verb, **words}).encode() + b"\n")
            line = sock.makefile("rb").readline()
        except (FileNotFoundError, ConnectionError):
            raise LabError(f"lab {folder.name} is not up; start it with `tidepool up --name {folder.name}`") from None
        except TimeoutError:
            raise LabError(f"lab {folder.name} did not answer within {timeout_s:.0f} s; see {folder.log}") from None
    answer: Answer = (
        json.loads(line) if line else {"error": f"lab {folder.name} ended before it answered; see {folder.log}"}
    )
    if "error" in answer:
        raise LabError(answer["error"])
    return answer
