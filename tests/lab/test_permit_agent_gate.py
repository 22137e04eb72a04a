"""The kernel's gate in a network namespace: abandoned, it cuts an open connection; renewed, it does not."""

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="needs root on Linux: nftables"),
    pytest.mark.skipif(shutil.which("nft") is None, reason="needs nft: run `make setup`"),
]
SOURCES = Path(__file__).parents[2] / "src"

# Runs in a network namespace of its own with loopback up; prints one word per line.
_HEAD = """
import asyncio, os, socket, subprocess, sys, time
from farshore.agent.kernel_gate import GateBroken, KernelGate, nft
from farshore.model.region import Endpoint, Epoch, RegionName, Role

server = socket.create_server(("127.0.0.1", 0))
PORT = server.getsockname()[1]
ENDPOINT = Endpoint(Epoch(2), Role.WRITER, RegionName("sfo3"), "127.0.0.1", PORT)
other = socket.create_server(("127.0.0.1", 0))

def connect(port=PORT):
    return socket.create_connection(("127.0.0.1", port), timeout=0.4)

def through():
    try:
        connect().close()
        return True
    except TimeoutError:
        return False
"""


def _inside(body: str) -> list[str]:
    """Python in a fresh network namespace; its output, line by line."""
    code = _HEAD + textwrap.dedent(body)
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$0" -c "$1"', sys.executable, code],
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_closed_open_closed_again_and_gone() -> None:
    said = _inside(
        """
        async def work():
            gate = KernelGate()
            print("before", through())
            await gate.install(ENDPOINT)
            print("installed", through())
            await gate.open(ENDPOINT, 600)
            print("open", through())
            await gate.close()
            print("closed", through())
            connect(other.getsockname()[1]).close()
            await gate.remove()
            print("removed", through())
            print("table" if "farshore" in await nft("list tables\\n") else "no-table")
        asyncio.run(work())
        """
    )
    assert said == [
        "before",
        "True",
        "installed",
        "False",
        "open",
        "True",
        "closed",
        "False",
        "removed",
        "True",
        "no-table",
    ]


def test_abandoned_it_cuts_an_established_connection_at_the_deadline() -> None:
    """The agent that opened it is killed: the kernel alone closes the gate, never late, and what is in flight stays."""
    said = _inside(
        """
        async def work():
            await KernelGate().open(ENDPOINT, 1.5)
        began = time.monotonic()
        if os.fork() == 0:
            asyncio.run(work())
            os.kill(os.getpid(), 9)
        os.wait()
        client = connect()
        peer, _ = server.accept()
        peer.settimeout(0.02)
        last, heard = began, 0
        while time.monotonic() - began < 2.5:
            client.send(b"x")
            sent = time.monotonic()
            try:
                if peer.recv(4096):
                    last, heard = sent, heard + 1
            except TimeoutError:
                pass
        print("heard" if heard > 3 else "nothing", "late" if last - began > 1.5 else "in-time", through())
        """
    )
    assert said == ["heard", "in-time", "False"]


def test_renewed_it_never_closes_under_an_open_connection() -> None:
    said = _inside(
        """
        async def work():
            gate = KernelGate()
            await gate.open(ENDPOINT, 5)
            client = connect()
            peer, _ = server.accept()
            peer.settimeout(5)
            for _ in range(40):
                await gate.open(ENDPOINT, 5)
                client.send(b"x")
                assert peer.recv(1) == b"x"
            listed = await nft("list set inet farshore permit4\\n")
            print(listed.count("timeout 4s"), listed.count("127.0.0.1 ."))
        asyncio.run(work())
        """
    )
    assert said == ["1", "1"]


def test_another_life_of_the_agent_finds_its_table_and_a_lost_table_is_made_again() -> None:
    said = _inside(
        """
        async def work():
            await KernelGate().install(ENDPOINT)
            again = KernelGate()
            await again.install(ENDPOINT)
            print(through())
            await again.open(ENDPOINT, 600)
            await nft("flush ruleset\\n")
            try:
                await again.open(ENDPOINT, 600)
                print("silent")
            except GateBroken:
                print("told")
            await again.open(ENDPOINT, 600)
            await again.close()
            print(through())
        asyncio.run(work())
        """
    )
    assert said == ["False", "told", "False"]


def test_a_deadline_that_is_over_closes_it_and_a_name_that_says_nothing_is_told() -> None:
    said = _inside(
        """
        from dataclasses import replace
        async def work():
            gate = KernelGate()
            await gate.open(ENDPOINT, 600)
            for endpoint, left in ((ENDPOINT, 0.0), (replace(ENDPOINT, host="no.such.name.invalid"), 9.0)):
                try:
                    await gate.open(endpoint, left)
                    print("silent")
                except GateBroken:
                    print("told")
            print(through())
        asyncio.run(work())
        """
    )
    assert said == ["told", "told", "False"]


def test_without_root_it_says_so() -> None:
    said = _inside(
        """
        import concurrent.futures.thread, encodings.idna  # this interpreter may lie where only root reads
        os.setgid(65534)
        os.setuid(65534)
        async def work():
            try:
                await KernelGate().install(ENDPOINT)
            except GateBroken as error:
                print("root" if "must run as root" in str(error) else error)
            await KernelGate().remove()
        asyncio.run(work())
        """
    )
    assert said == ["root"]
