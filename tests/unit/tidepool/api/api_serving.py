"""A running API for tests: its loop lives in a thread, the test talks to it over TLS as any client would."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import requests

from tidepool.api.authority import Authority
from tidepool.api.memory import MemoryBackend
from tidepool.api.pace import Pace
from tidepool.api.server import Server, start
from tidepool.api.tokens import Token

T = TypeVar("T")
TOKEN = "dop_v1_everything"
PATIENCE_S = 20.0
AT_ONCE = Pace(scale=0.0, promote_delay_s=0.0)


class Gate:
    """Something the test holds back and lets go."""

    def __init__(self) -> None:
        self.event = asyncio.Event()

    async def passed(self) -> None:
        await self.event.wait()


class HeldBackend(MemoryBackend):
    """Memory, with gates: a call whose name is in `held` waits until the test lets it go."""

    def __init__(self, authority: Authority) -> None:
        super().__init__(authority)
        self.held: dict[str, Gate] = {}
        self.failing: dict[str, Exception] = {}

    async def _pass(self, name: str) -> None:
        if gate := self.held.get(name):
            await gate.passed()
        if failure := self.failing.get(name):
            raise failure

    async def droplet_create(self, *args: Any) -> Any:
        await self._pass("droplet_create")
        return await super().droplet_create(*args)

    async def droplet_power(self, *args: Any) -> Any:
        await self._pass("droplet_power")
        return await super().droplet_power(*args)

    async def balancer_apply(self, *args: Any) -> Any:
        await self._pass("balancer_apply")
        return await super().balancer_apply(*args)

    async def database_create(self, *args: Any) -> Any:
        await self._pass("database_create")
        return await super().database_create(*args)

    async def replica_create(self, *args: Any) -> Any:
        await self._pass("replica_create")
        return await super().replica_create(*args)

    async def database_destroy(self, *args: Any) -> Any:
        await self._pass("database_destroy")
        return await super().database_destroy(*args)

    async def database_promote(self, *args: Any) -> Any:
        await self._pass("database_promote")
        return await super().database_promote(*args)


class Serving:
    def __init__(
        self, server: Server, backend: HeldBackend, loop: asyncio.AbstractEventLoop, url: str, ca: Path
    ) -> None:
        self.server, self.backend, self.loop, self.url, self.ca = server, backend, loop, url, ca
        self.session = requests.Session()
        self.session.trust_env = False  # a CA bundle in the environment would win over ours
        self.session.verify = str(ca)

    def on_loop(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE_S)

    def settle(self) -> None:
        """Until everything that was going on in the background has ended, well or badly."""

        async def wait() -> None:
            while tasks := self.server.account._tasks:
                await asyncio.gather(*tasks, return_exceptions=True)

        self.on_loop(wait())

    def hold(self, name: str) -> None:
        async def make() -> None:
            self.backend.held[name] = Gate()

        self.on_loop(make())

    def let_go(self, name: str) -> None:
        self.loop.call_soon_threadsafe(self.backend.held.pop(name).event.set)

    def ask(
        self, method: str, path: str, body: Any = None, token: str | None = TOKEN, **more: Any
    ) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        timeout = more.pop("timeout", PATIENCE_S)
        return self.session.request(method, self.url + path, json=body, headers=headers, timeout=timeout, **more)

    def ok(self, method: str, path: str, body: Any = None) -> Any:
        response = self.ask(method, path, body)
        assert response.status_code < 300, f"{method} {path}: {response.status_code} {response.text}"
        return response.json() if response.content else None

    def until(self, path: str, good: Callable[[requests.Response], bool]) -> Any:
        """Poll as clients do. The deadline is only for a test that has failed already."""
        deadline = time.monotonic() + PATIENCE_S
        while not good(response := self.ask("GET", path)):
            assert time.monotonic() < deadline, f"{path} stayed at {response.status_code} {response.text}"
            time.sleep(0.005)
        return response.json() if response.content else None

    # what most tests begin with ------------------------------------------------
    def cluster(self, name: str = "shop", engine: str = "mysql", **more: Any) -> dict[str, Any]:
        body = {"name": name, "engine": engine, "num_nodes": 1, "size": "db-s-1vcpu-1gb", "region": "nyc3", **more}
        made = self.ok("POST", "/v2/databases", body)["database"]
        found = self.until(f"/v2/databases/{made['id']}", lambda r: r.json()["database"]["status"] == "online")
        self.until(f"/v2/databases/{made['id']}/backups", lambda r: bool(r.json()["backups"]))
        return dict(found["database"])

    def replica(self, cluster_id: str, name: str = "shop-sfo3", region: str = "sfo3") -> dict[str, Any]:
        path = f"/v2/databases/{cluster_id}/replicas"
        self.ok("POST", path, {"name": name, "size": "db-s-1vcpu-1gb", "region": region})
        return dict(self.until(f"{path}/{name}", is_online)["replica"])

    def droplet(self, name: str = "web-1", region: str = "nyc3", **more: Any) -> dict[str, Any]:
        body = {"name": name, "region": region, "size": "s-1vcpu-1gb", "image": "debian-12-x64", **more}
        made = self.ok("POST", "/v2/droplets", body)["droplet"]
        found = self.until(f"/v2/droplets/{made['id']}", lambda r: r.json()["droplet"]["status"] == "active")
        return dict(found["droplet"])

    def balancer(self, name: str = "lb", region: str = "nyc3", **more: Any) -> dict[str, Any]:
        made = self.ok(
            "POST", "/v2/load_balancers", {"name": name, "region": region, "forwarding_rules": [HTTP], **more}
        )
        path = f"/v2/load_balancers/{made['load_balancer']['id']}"
        return dict(self.until(path, lambda r: r.json()["load_balancer"]["status"] == "active")["load_balancer"])


def is_online(response: requests.Response) -> bool:
    return bool(response.ok and response.json()["replica"]["status"] == "online")


HTTP = {"entry_protocol": "http", "entry_port": 80, "target_protocol": "http", "target_port": 80}


@contextmanager
def serving(folder: Path, *, tokens: tuple[Token | str, ...] = (TOKEN,), **options: Any) -> Iterator[Serving]:
    options.setdefault("pace", AT_ONCE)
    authority = Authority.open(folder)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    url = f"https://127.0.0.1:{sock.getsockname()[1]}"
    backend = HeldBackend(authority)
    starting = start(backend, tokens=tokens, listeners=[sock], tls=authority, **options)
    server = asyncio.run_coroutine_threadsafe(starting, loop).result(PATIENCE_S)
    api = Serving(server, backend, loop, url, authority.ca_file)
    try:
        yield api
    finally:
        api.session.close()
        api.on_loop(server.stop())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE_S)
        loop.close()
