"""/v1/reconcile from a controller's storefront to a process on the app server and back; a shell plays PHP."""

import asyncio
import json
import os
import ssl
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from farshore.adapters.agent_app import AgentApp
from farshore.adapters.agent_storefront import AgentStorefront
from farshore.agent import reconciling
from farshore.agent.config import AgentConfig
from farshore.agent.reconciling import Reconciling
from farshore.agent.server import AgentServer
from farshore.model.failure import Refused, RetryLater, Unknown
from farshore.model.region import Endpoint, Epoch, RegionName, Role
from farshore.ports.storefront import Act, Asked, Do
from farshore.sim.fake_prober import FakeProber
from farshore.transport.client import Client
from farshore.transport.tls import client_context
from identities import identity
from lived import lived

T = TypeVar("T")
WRITER = Endpoint(Epoch(2), Role.WRITER, RegionName("sfo3"), "10.20.0.20", 25060)
KNOWN = (
    '{"orders": [{"order_key": "k1", "found": {"order_key": "k1"}, "did": {"what": "restored", "id": 7, "why": ""}}]}'
)
ACT = Act("k1", (Do.RESTORE,), {"order_key": "k1"}, 7)


class _World:
    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._patch = monkeypatch
        self.tls: ssl.SSLContext = client_context(identity(folder / "controller", "controller:c1"))

    def run(
        self, script: str, work: Callable[[AgentStorefront, AgentServer], Awaitable[T]], endpoint: Endpoint = WRITER
    ) -> T:
        """`script` runs instead of PHP; it finds the question on standard input."""
        file = self.folder / "run.php"
        file.write_text(script)

        async def inside() -> T:
            lived(self.folder / "agent")
            own = identity(self.folder / "tls", "agent:shop-1")
            config = AgentConfig(
                "shop-1", "sfo3", own, self.folder / "run/endpoint.json", self.folder / "agent", ("127.0.0.1", 0)
            )
            server = AgentServer(config, FakeProber())
            self._patch.setattr(
                server._commands, "_reconciling", Reconciling(server._memory, file, user="nobody", php="/bin/sh")
            )
            await server.start()
            front = AgentStorefront(
                [("shop-1", "127.0.0.1", server.port)], self.tls, "shop", "shop.example.com", Epoch(2)
            )
            app = AgentApp("shop-1", "127.0.0.1", self.tls, "c1", port=server.port, timeout_s=5.0)
            try:
                await app.point(endpoint)
                return await work(front, server)
            finally:
                await app.close()
                await front.close()
                await server.stop()

        return asyncio.run(inside())


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _World:
    tmp_path.chmod(0o755)
    for parent in list(tmp_path.parents)[:2]:
        parent.chmod(0o755)  # another user runs what lies below
    return _World(tmp_path, monkeypatch)


async def _look(front: AgentStorefront, _: AgentServer) -> Any:
    return await front.look([Asked("k1", 7)], [])


async def _act(front: AgentStorefront, _: AgentServer) -> Any:
    return await front.act([ACT])


def test_the_question_arrives_whole_and_the_answer_comes_back(world: _World) -> None:
    asked = world.folder / "asked"
    asked.touch(mode=0o666)
    asked.chmod(0o666)
    (did,) = world.run(f"cat > {asked}; echo '{KNOWN}'", _act)
    assert (did.order_key, did.what, did.order_id) == ("k1", "restored", 7)
    question = json.loads(asked.read_text())
    assert question["apply"] is True
    assert question["host"] == "shop.example.com"
    assert question["orders"][0]["order"] == {"order_key": "k1"}
    assert "nonce" not in question


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: the agent gives its rights away")
def test_the_shops_software_runs_as_another_user_without_ours(world: _World) -> None:
    said = 'cat >/dev/null; printf \'{"orders": [], "payments": {"who": "%s"}}\' "$(id -u) $(id -G)"'
    seen = world.run(said, _look)
    assert seen.keys_of_payments["who"].split() == ["65534", "65534"]


@pytest.mark.parametrize(
    "endpoint",
    [
        Endpoint(Epoch(2), Role.STANDBY, RegionName("sfo3"), "10.20.0.20", 25060),
        Endpoint(Epoch(3), Role.WRITER, RegionName("sfo3"), "10.20.0.20", 25060),
    ],
)
def test_only_the_writer_of_the_newest_epoch_changes_orders(world: _World, endpoint: Endpoint) -> None:
    with pytest.raises(Refused, match=r"is over|changes no orders"):
        world.run(f"touch {world.folder}/ran; echo '{KNOWN}'", _act, endpoint)
    assert not (world.folder / "ran").exists()


def test_a_standby_may_be_looked_at(world: _World) -> None:
    standby = Endpoint(Epoch(2), Role.STANDBY, RegionName("sfo3"), "10.20.0.20", 25060)
    assert [one.order_key for one in world.run(f"echo '{KNOWN}'", _look, standby).found] == ["k1"]


def test_what_the_shops_software_refuses_is_said_in_its_words(world: _World) -> None:
    with pytest.raises(Refused, match="WooCommerce is not active"):
        world.run('cat >/dev/null; echo \'{"error": "WooCommerce is not active."}\'; exit 1', _look)


def test_a_process_that_breaks_off_may_be_asked_again(world: _World) -> None:
    with pytest.raises(RetryLater, match="out of memory"):
        world.run("echo 'out of memory' >&2; exit 255", _look)


def test_a_process_that_hangs_is_ended_with_all_its_children(world: _World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciling, "LONGEST_S", 0.5)
    alive = world.folder / "alive"
    alive.touch()
    alive.chmod(0o666)
    with pytest.raises(RetryLater, match="did not end"):
        world.run(f"(while :; do echo x >> {alive}; sleep 0.05; done) & sleep 60", _look)
    size = alive.stat().st_size
    time.sleep(0.3)
    assert alive.stat().st_size == size


def test_an_answer_that_says_too_little_is_not_taken_for_done(world: _World) -> None:
    with pytest.raises(Unknown):
        world.run("cat >/dev/null; echo '{\"orders\": []}'", _act)


def test_an_app_server_without_the_shops_files_says_so(world: _World) -> None:
    async def work(front: AgentStorefront, server: AgentServer) -> Any:
        (world.folder / "run.php").unlink()
        return await front.look([Asked("k1")], [])

    with pytest.raises(Refused, match="not installed here"):
        world.run("", work)


def test_an_app_server_commands_no_other_one(world: _World) -> None:
    other = client_context(identity(world.folder / "other", "agent:shop-2"))

    async def work(front: AgentStorefront, server: AgentServer) -> Any:
        client = Client("127.0.0.1", server.port, other, "agent", "shop-1")
        try:
            return await client.ask("/v1/reconcile", {"epoch": 2, "store": "shop", "apply": True, "orders": []}, 5.0)
        finally:
            client.close()

    assert world.run(f"touch {world.folder}/ran", work).status == 403
    assert not (world.folder / "ran").exists()


def test_many_orders_are_asked_for_in_requests_that_an_agent_reads(world: _World) -> None:
    """Each of these is some 30 KiB; an agent reads 256."""
    counted = world.folder / "counted"
    counted.touch()
    counted.chmod(0o666)
    script = (
        f'n=$(grep -o \'"order_key": "k[0-9]*", "order_id"\' | wc -l); echo $n >> {counted}; '
        "printf '{\"orders\": ['; i=0; while [ $i -lt $n ]; do [ $i = 0 ] || printf ,; "
        'printf \'{"order_key": "k", "did": {"what": "mended", "id": 1}}\'; i=$((i+1)); done; printf "]}"'
    )

    async def work(front: AgentStorefront, _: AgentServer) -> Any:
        acts = [Act(f"k{n}", (Do.MEND,), {"note": "x" * 30_000}, n) for n in range(20)]
        return await front.act(acts)

    assert len(world.run(script, work)) == 20
    pieces = [int(line) for line in counted.read_text().split()]
    assert sum(pieces) == 20
    assert len(pieces) > 1
