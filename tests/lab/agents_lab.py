"""Agents as real processes on loopback, and a stand-in for the controller they renew from, all over mutual TLS."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from farshore.transport.client import Client
from farshore.transport.message import Answer, Caller, Json, NoAnswer
from farshore.transport.server import Server
from farshore.transport.tls import client_context, server_context
from identities import identity

SOURCES = Path(__file__).parents[2] / "src"
_RUN = "import sys; from farshore.cli.main import main; sys.exit(main())"
PATIENCE_S = 30.0  # only for a test that has failed already


@dataclass(slots=True)
class Agent:
    """One app server: its files in a folder, its agent a process of this machine."""

    name: str
    place: str
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    at_ms: int = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def run_folder(self) -> Path:
        return self.folder / "run"

    def start(self) -> None:
        own = identity(self.folder / "tls", f"agent:{self.name}")
        config = {
            "agent": self.name,
            "place": self.place,
            "authority_file": str(own.ca_file),
            "certificate_file": str(own.certificate_file),
            "key_file": str(own.key_file),
            "endpoint_file": str(self.run_folder / "endpoint.json"),
            "state": str(self.folder / "state"),
            "listen": self.address,
            "database_file": str(self.folder / "database.json"),
            "bridge_log": str(self.folder / "bridge.log"),
        }
        file = self.folder / "agent.json"
        file.write_text(json.dumps(config))
        with (self.folder / "agent.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _RUN, "agent", "--config", str(file)],
                env={**os.environ, "PYTHONPATH": str(SOURCES)},
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def reboots(self) -> None:
        """Power loss: /run is empty afterwards. This machine keeps its boot id, so the record on disk changes."""
        self.kill()
        for file in self.run_folder.iterdir():
            file.unlink()
        record = self.folder / "state/promises.json"
        if record.exists():
            known = json.loads(record.read_text())
            if known["promise"]:
                known["promise"]["boot"] = "the boot before"
            record.write_text(json.dumps(known))
        self.start()

    def permit(self) -> Json | None:
        """What the shop would admit now; None when the file is missing or has run out."""
        try:
            value: Json = json.loads((self.run_folder / "permit.json").read_text())
        except (OSError, ValueError):
            return None
        boot_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        return value if value["until_boot_ns"] > boot_ns and value["until_mono_ns"] > time.monotonic_ns() else None


Reply = Callable[[Caller, str, Json], Awaitable[Answer]]


async def renews(caller: Caller, path: str, body: Json) -> Answer:
    return Answer(200, {"renewals": 1})


async def says_no(caller: Caller, path: str, body: Json) -> Answer:
    return Answer(409, {"error": "over", "epoch": 3, "holder": "nyc3", "revoked": False})


async def store_out(caller: Caller, path: str, body: Json) -> Answer:
    return Answer(503, {"error": "The store of record does not answer."})


async def says_unrevoked(caller: Caller, path: str, body: Json) -> Answer:
    return Answer(409, {"error": "not yours", "epoch": 2, "holder": "sfo3", "revoked": False})


async def hangs(caller: Caller, path: str, body: Json) -> Answer:
    await asyncio.Event().wait()
    raise AssertionError


@dataclass(slots=True)
class Controllers:
    """Stands in for a controller's 9471, and speaks to agents as one."""

    folder: Path
    reply: Reply = renews
    heard: list[tuple[Caller, str, Json]] = field(default_factory=list)
    server: Server | None = None
    at_ms: int = 0

    async def start(self, port: int = 0) -> None:
        own = identity(self.folder / "tls", "controller:lon1")

        async def handler(caller: Caller, path: str, body: Json) -> Answer:
            self.heard.append((caller, path, body))
            return await self.reply(caller, path, body)

        self.server = Server(("127.0.0.1", port), server_context(own), handler)
        await self.server.start()

    async def stop(self) -> None:
        if self.server is not None:
            await self.server.stop()

    @property
    def address(self) -> str:
        assert self.server is not None
        return f"127.0.0.1:{self.server.port}"

    async def ask(self, agent: Agent, path: str, body: Json) -> Answer:
        """As a controller, again until the agent is up."""
        tls = client_context(identity(self.folder / "tls", "controller:lon1"))
        client = Client("127.0.0.1", agent.port, tls, "agent", agent.name)
        until_s = time.monotonic() + PATIENCE_S
        try:
            while True:
                self.at_ms = max(self.at_ms + 1, time.time_ns() // 1_000_000)
                try:
                    return await client.ask(path, {"controller": "lon1", "at_ms": self.at_ms, **body}, 5.0)
                except NoAnswer:
                    if time.monotonic() > until_s:
                        raise
                    await asyncio.sleep(0.05)
        finally:
            client.close()

    async def tell_terms(self, agent: Agent, promisors: list[Agent], epoch: int = 2, **permit: Any) -> Answer:
        relays = [self.address, *(promisor.address for promisor in promisors)]
        return await self.ask(agent, "/v1/terms", terms(epoch, relays, promisors, **permit))

    async def point(self, agent: Agent, role: str = "writer", epoch: int = 2, bridge: Json | None = None) -> Answer:
        endpoint = {"epoch": epoch, "role": role, "region": agent.place, "host": "127.0.0.1", "port": 1}
        return await self.ask(agent, "/v1/point", {"endpoint": endpoint, "bridge": bridge})


def terms(epoch: int, relays: list[str], promisors: list[Agent], **permit: Any) -> Json:
    return {
        "epoch": epoch,
        "permit": {"d_s": 3.0, "renew_s": 0.3, "soft_s": 1.5, "wait_s": 4.0, "gate": "trigger"} | permit,
        "relays": relays,
        "promisors": [{"name": promisor.name, "address": promisor.address} for promisor in promisors],
    }


async def until(what: Callable[[], bool]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < end_s, "It never came true."
        await asyncio.sleep(0.02)


async def until_done(ask: Callable[[], Awaitable[Answer]]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while (answer := await ask()).status != 200:
        assert time.monotonic() < end_s, answer
        await asyncio.sleep(0.1)
