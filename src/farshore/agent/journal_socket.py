"""Where the shop hands its entries over: a unix socket, one JSON line for each request and one for each answer.

Whoever may connect is the web server's group, by the socket's mode. Bounded in bytes, connections and seconds.
"""

import asyncio
import contextlib
import grp
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from farshore.agent.journal_keeping import Keeping, Kept
from farshore.agent.journal_store import StoreJournal
from farshore.model.order_entry import SEALED_MAX, OrderEntry

_LINE_MAX = SEALED_MAX + 16 * 1024
_CONNECTIONS_MAX = 256
_IDLE_S = 120.0


class JournalSocket:
    def __init__(self, path: Path, group: str, keeping: Keeping, stores: Mapping[str, StoreJournal]) -> None:
        self._path = path
        self._group = group
        self._keeping = keeping
        self._stores = stores
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        """Empty, or one sentence that says why the shop cannot reach it."""
        beside = self._path.with_name(self._path.name + ".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            beside.unlink(missing_ok=True)
            self._server = await asyncio.start_unix_server(self._meet, beside, limit=_LINE_MAX, backlog=256)
            beside.chmod(0o660)
            sentence = self._hand_over(beside)
            os.rename(beside, self._path)  # by rename: the shop never finds a socket that it may not use yet
        except OSError as error:
            return f"The journal's socket {self._path} cannot be made: {error.strerror or error}; no shop journals."
        return sentence

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _hand_over(self, path: Path) -> str:
        try:
            os.chown(path, -1, grp.getgrnam(self._group).gr_gid)
        except KeyError:
            return f"There is no group {self._group} here, so no web server reaches {self._path}; set journal.group."
        except OSError as error:
            return f"The socket {self._path} cannot be given to {self._group}: {error.strerror}."
        return ""

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._connections) >= _CONNECTIONS_MAX:
            writer.transport.abort()
            return
        self._connections.add(task)
        try:
            await self._converse(reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass  # the shop's process went away; what it handed over is kept all the same
        except asyncio.CancelledError:
            writer.transport.abort()  # the agent stops; asyncio would log this as an error if it went on
        finally:
            self._connections.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                async with asyncio.timeout(_IDLE_S):
                    line = await reader.readline()
            except ValueError:  # longer than the limit: where the next one begins is not known
                await _write(writer, Kept("no", why=f"An entry is one line of at most {_LINE_MAX} bytes."))
                return
            if not line.endswith(b"\n"):
                return
            await _write(writer, await self._answer(line))

    async def _answer(self, line: bytes) -> Kept:
        try:
            entry = OrderEntry.from_json(json.loads(line))
        except RecursionError:
            return Kept("no", why="An entry is a flat JSON object.")
        except ValueError as error:
            return Kept("no", why=f"This is no entry: {error}")
        journal = self._stores.get(entry.store)
        if journal is None or not journal.terms.on:
            return Kept("no", why=f"The store {entry.store} keeps no journal here; run `farshore agents deploy`.")
        try:
            return await self._keeping.keep(journal, entry)
        except Exception as error:  # a bug must be told, and the shop must have an answer
            print(f"An entry of {entry.store} failed: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            return Kept("no", why=f"{type(error).__name__} in the agent.")


async def _write(writer: asyncio.StreamWriter, kept: Kept) -> None:
    writer.write(json.dumps(kept.to_json()).encode() + b"\n")
    await writer.drain()
