"""Agents of two regions on loopback that keep an order journal, as objects or as processes, and a shop that uses it."""

import asyncio
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from farshore.adapters.agent_app import AgentApp
from farshore.agent.config import AgentConfig
from farshore.agent.journal_config import JournalConfig
from farshore.agent.server import AgentServer
from farshore.model.order_entry import EntryKind, OrderEntry
from farshore.model.order_journal import JournalPolicy, JournalTerms
from farshore.model.permit import PermitTerms
from farshore.model.region import Endpoint, Epoch, RegionName, Role
from farshore.ports.app import Promisor
from farshore.sim.fake_prober import FakeProber
from farshore.transport.tls import Identity, client_context
from identities import identity
from lived import lived

OPEN = JournalTerms(JournalPolicy.OPEN, timeout_ms=2000)  # long, for this machine may be busy
HOSTS = {Role.WRITER: ("nyc3", "10.10.0.20"), Role.STANDBY: ("sfo3", "10.20.0.20")}


def entry(number: int, kind: EntryKind = EntryKind.ACK, epoch: int = 1, sealed: str = "c2VhbGVk") -> OrderEntry:
    key = f"wc_order_{number:013d}"
    return OrderEntry("shop", Epoch(epoch), kind, key, 100 + number, "12.90", "USD", 1_700_000_000_000 + number, sealed)


def endpoint(role: Role, epoch: int = 1) -> Endpoint:
    region, host = HOSTS[role]
    return Endpoint(Epoch(epoch), role, RegionName(region), host, 25060)


@dataclass
class Region:
    """One agent in this process, with its folder, its port and its client."""

    folder: Path
    name: str
    place: str
    terms: JournalTerms = OPEN
    port: int = 0
    server: AgentServer | None = None
    app: AgentApp = field(init=False)

    @property
    def state(self) -> Path:
        return self.folder / self.name

    @property
    def socket(self) -> Path:
        return self.folder / f"{self.name}.sock"

    @property
    def run(self) -> Path:
        return self.folder / f"{self.name}-run"

    def identity(self) -> Identity:
        return identity(self.folder / "tls", f"agent:{self.name}")

    async def start(self) -> None:
        lived(self.state)
        self.port = self.port or free_port()
        config = AgentConfig(
            agent=self.name,
            place=self.place,
            identity=self.identity(),
            endpoint_file=self.run / "endpoint.json",
            state=self.state,
            listen=("127.0.0.1", self.port),
            journal=JournalConfig((("shop", self.terms),), self.socket, "root"),
        )
        self.server = AgentServer(config, FakeProber())
        await self.server.start()
        self.app = AgentApp(self.name, "127.0.0.1", controller(self.folder), "c1", self.port, timeout_s=5.0)

    async def stop(self) -> None:
        if self.server is not None:
            await self.app.close()
            await self.server.stop()
            self.server = None

    @property
    def promisor(self) -> Promisor:
        return Promisor(self.name, f"127.0.0.1:{self.port}")

    def received(self) -> list[dict[str, Any]]:
        """Every line on its disk, in order."""
        files = sorted((self.state / "journal" / "shop").glob("*.jsonl"))
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]


@dataclass
class Process(Region):
    """The same as a process of its own, which can be frozen and killed."""

    process: "subprocess.Popen[bytes] | None" = None

    async def start(self) -> None:
        lived(self.state)
        self.port = self.port or free_port()
        own = self.identity()
        body = {
            "agent": self.name,
            "place": self.place,
            "authority_file": str(own.ca_file),
            "certificate_file": str(own.certificate_file),
            "key_file": str(own.key_file),
            "endpoint_file": str(self.run / "endpoint.json"),
            "state": str(self.state),
            "listen": f"127.0.0.1:{self.port}",
            "journal": {
                "stores": {"shop": {"policy": self.terms.policy, "timeout_ms": self.terms.timeout_ms}},
                "socket": str(self.socket),
                "group": "root",
            },
        }
        config = self.folder / f"{self.name}.json"
        config.write_text(json.dumps(body))
        main = "import sys; from farshore.cli.main import main; sys.exit(main())"
        words = [sys.executable, "-c", main, "agent", "--config", str(config)]
        self.process = _begun(words, self.folder / "err")
        self.app = AgentApp(self.name, "127.0.0.1", controller(self.folder), "c1", self.port, timeout_s=5.0)
        await until(self.answers, "the agent's process answers")

    async def answers(self) -> bool:
        try:
            await self.app.view()
        except Exception:
            return False
        return True

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    async def stop(self) -> None:
        if self.process is not None:
            await self.app.close()
            self.process.kill()
            self.process.wait()
            self.process = None


def _begun(words: list[str], errors: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=errors.open("ab"))


class Shop:
    """What PHP does: one connection, a line for each entry."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def hand_over(self, one: OrderEntry) -> dict[str, Any]:
        return await self.say(json.dumps(one.to_json()).encode() + b"\n")

    async def say(self, line: bytes) -> dict[str, Any]:
        if self._stream is None:
            self._stream = await asyncio.open_unix_connection(self._path)
        reader, writer = self._stream
        writer.write(line)
        answer: dict[str, Any] = json.loads(await reader.readline())
        return answer

    def close(self) -> None:
        if self._stream is not None:
            self._stream[1].close()
            self._stream = None


@dataclass
class World:
    writer: Region
    standbys: list[Region]

    @property
    def all(self) -> list[Region]:
        return [self.writer, *self.standbys]

    async def tell(self, epoch: int = 1) -> None:
        """As a controller does: roles, and who stands elsewhere."""
        promisors = [standby.promisor for standby in self.standbys]
        for one in self.all:
            relays = [other.promisor.address for other in self.all if other.place != one.place]
            await one.app.terms(Epoch(epoch), PermitTerms(), relays, promisors)
        await self.writer.app.point(endpoint(Role.WRITER, epoch))
        for standby in self.standbys:
            await standby.app.point(endpoint(Role.STANDBY, epoch))

    async def warm(self, count: int | None = None) -> None:
        """Until so many peers have answered the writer's pings."""
        assert self.writer.server is not None
        courier = self.writer.server._journal._courier
        wanted = len(self.standbys) if count is None else count

        async def up() -> bool:
            return sum(peer.up for peer in courier.peers) >= wanted

        await until(up, f"{wanted} peers are up")


@asynccontextmanager
async def world(folder: Path, *standbys: Region, terms: JournalTerms = OPEN) -> AsyncIterator[World]:
    """The writer's agent and those of the other region, told and warm; two in this process unless told."""
    others = list(standbys) or [Region(folder, f"web-sfo3-{number}", "sfo3") for number in (1, 2)]
    made = World(Region(folder, "web-nyc3-1", "nyc3", terms), others)
    for one in made.all:
        await one.start()
    try:
        await made.tell()
        await made.warm()
        yield made
    finally:
        for one in made.all:
            await one.stop()


async def until(holds: Any, what: str) -> None:
    for _ in range(1500):
        if await holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"It never came: {what}.")


def controller(folder: Path) -> ssl.SSLContext:
    return client_context(identity(folder / "tls", "controller:c1"))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextmanager
def short_folder() -> Iterator[Path]:
    """A unix socket's path has 107 bytes at most, and pytest's folders are long."""
    folder = Path(tempfile.mkdtemp(prefix="oj-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def small_disk(folder: Path, size: str = "256k") -> Iterator[Path]:
    """Needs root. The mount is lazy to go, so that nothing hangs on it."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """To the last byte; remove the file that is returned to make room again."""
    ballast = folder / "ballast"
    descriptor = os.open(ballast, os.O_WRONLY | os.O_CREAT)
    try:
        for size in (4096, 1):
            try:
                while os.write(descriptor, b"\0" * size):
                    pass
            except OSError:
                continue
    finally:
        os.close(descriptor)
    return ballast
