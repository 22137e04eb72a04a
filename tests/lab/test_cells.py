"""Cells and droplets on a real machine: what they promise to the API's backend and to faults.

One lab without a daemon, called `a-cells`; needs root on Linux and a built image (`tidepool image`).
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tidepool.api.faults import Faults as ApiFaults
from tidepool.faults.book import FaultBook
from tidepool.faults.fault import World
from tidepool.lab.cell import CellError
from tidepool.lab.home import LabError, LabFolder
from tidepool.lab.image import image_root
from tidepool.lab.lab import Lab
from tidepool.lab.sweep import sweep

ROOT = os.geteuid() == 0 and sys.platform == "linux"
pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(not ROOT, reason="needs root on Linux: it makes namespaces and mounts"),
    pytest.mark.skipif(not image_root().is_dir(), reason="needs the root filesystem: run `tidepool image` first"),
]
USER_DATA = """#!/bin/sh
systemctl enable --now nginx
echo "$(hostname)" >> /root/boots
"""


@pytest.fixture
def folder() -> Iterator[LabFolder]:
    folder = LabFolder.named("a-cells")
    sweep(folder)
    folder.path.mkdir(parents=True)
    yield folder
    sweep(folder)
    assert not folder.path.exists()


@asynccontextmanager
async def started(folder: LabFolder) -> AsyncIterator[tuple[Lab, FaultBook]]:
    lab = Lab(folder, image_root())
    await lab.start(lambda _: None)
    try:
        yield lab, FaultBook(World(lab, ApiFaults()))
    finally:
        for cell in list(lab.cells.values()):
            await lab.destroy(cell)


def in_lab(folder: LabFolder, story: Callable[[Lab, FaultBook], Awaitable[None]]) -> None:
    async def tell() -> None:
        async with started(folder) as (lab, faults):
            await story(lab, faults)

    asyncio.run(tell())


async def eventually(question: Callable[[], Awaitable[bool]], timeout_s: float = 20.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not await question():  # noqa: ASYNC110  the answer is another process's, which sets no event
            await asyncio.sleep(0.05)


def test_a_plain_cell(folder: LabFolder) -> None:
    """Commands, users, input, errors, timeouts; services with children; kill, restart and destroy."""

    async def story(lab: Lab, _: FaultBook) -> None:
        cell = await lab.make_cell("box", "nyc3", private_ip="10.10.0.77")
        assert cell.private_ip == "10.10.0.77"
        assert await cell.run(["id", "-un"], user="mysql") == "mysql\n"
        assert await cell.run(["cat"], input="hello") == "hello"
        with pytest.raises(CellError, match="no such thing"):
            await cell.run(["sh", "-c", "echo no such thing >&2; exit 3"])
        with pytest.raises(CellError, match="did not end within"):
            await cell.run(["sleep", "60"], timeout_s=0.2)
        assert "sleep 60" not in await cell.run(["ps", "-eo", "args"])
        cell.write("etc/greeting", "hi\n", 0o600)
        assert await cell.run(["stat", "-c", "%a", "/etc/greeting"]) == "600\n"

        # A daughter that leaves its process group, as PostgreSQL's backends do, dies with its service all the same.
        child = await cell.spawn("family", ["sh", "-c", "setsid sleep 1000 & echo up; exec sleep 2000"])
        log = cell.site.folder / "log/family.log"
        await eventually(lambda: _true(log.read_text() == "up\n"))
        assert _lives(child.pid)
        with pytest.raises(CellError, match="already runs"):
            await cell.spawn("family", ["true"])
        child.kill()
        assert not child.alive()
        assert "sleep 1000" not in await cell.run(["ps", "-eo", "args"])

        await cell.kill()
        assert not cell.running()
        with pytest.raises(CellError, match="not running"):
            await cell.run(["true"])
        await lab.restart(cell)
        assert cell.children["family"].alive()
        assert await cell.run(["cat", "/etc/greeting"]) == "hi\n"

        with pytest.raises(LabError, match="already a host"):
            await lab.make_cell("box", "nyc3")
        with pytest.raises(LabError, match="already in use"):
            await lab.make_cell("twin", "nyc3", private_ip="10.10.0.77")
        assert not (lab.folder.cells / "twin").exists()
        await lab.destroy(await lab.make_cell("twin", "nyc3"))  # the failure left nothing in its way
        await lab.destroy(cell)
        await lab.destroy(cell)
        again = await lab.make_cell("box", "nyc3", private_ip="10.10.0.77")
        with pytest.raises(CellError):
            await again.run(["cat", "/etc/greeting"])

    in_lab(folder, story)


def test_a_droplet_boots_runs_user_data_once_and_reboots(folder: LabFolder) -> None:
    """systemd, sshd with keys of its own, user_data at the first boot only, `reboot` and power cuts."""

    async def story(lab: Lab, _: FaultBook) -> None:
        web, other = await asyncio.gather(
            lab.make_droplet("web", "nyc3", ssh_keys=["ssh-ed25519 AAAA test"], user_data=USER_DATA),
            lab.make_droplet("other", "sfo3"),
        )
        await asyncio.gather(web.wait_ready(), other.wait_ready())
        assert await web.run(["cat", "/root/boots", "/root/.ssh/authorized_keys"]) == "web\nssh-ed25519 AAAA test\n"
        keys = [await d.run(["cat", "/etc/ssh/ssh_host_ed25519_key.pub"]) for d in (web, other)]
        assert keys[0] != keys[1]
        assert web.private_ip is not None
        page = await other.run(["curl", "-sS", "-m", "5", f"http://{web.private_ip}/"])  # across the peering
        assert "nginx" in page

        before = (await web.run(["stat", "-c", "%Y.%Z", "/proc/1"]), web.site.netns)
        await web.run(["systemctl", "reboot"], check=False)
        await web.gone()
        await eventually(lambda: _true(web.running()))
        await web.wait_ready()
        assert (await web.run(["stat", "-c", "%Y.%Z", "/proc/1"]), web.site.netns) != before
        await web.kill()
        await lab.restart(web)
        await web.wait_ready()
        assert await web.run(["cat", "/root/boots"]) == "web\n"
        assert await web.run(["systemctl", "is-active", "nginx"]) == "active\n"
        await web.shut_down()
        assert not web.running()

    in_lab(folder, story)


def test_services_of_a_droplet_die_stay_dead_and_come_back(folder: LabFolder) -> None:
    """A killed unit stays dead whoever starts it, until the fault is removed; a frozen one goes on."""

    async def story(lab: Lab, faults: FaultBook) -> None:
        web = await lab.make_droplet("web", "nyc3", user_data=USER_DATA)
        await web.wait_ready()

        async def page() -> bool:
            return "nginx" in await web.run(["curl", "-s", "-m", "1", "http://127.0.0.1/"], check=False)

        assert await page()
        fault = await faults.add("kill", "service:web/nginx", {})
        await web.run(["systemctl", "start", "nginx"], check=False)
        assert not await page()
        await faults.remove(fault)
        await eventually(page)
        fault = await faults.add("freeze", "service:web/nginx", {})
        assert not await page()
        await faults.remove(fault)
        await eventually(page)
        with pytest.raises(LabError, match="has no unit"):
            await faults.add("kill", "service:web/nonsense", {})

    in_lab(folder, story)


def test_a_region_dies_whole_and_returns(folder: LabFolder) -> None:
    """No packet leaves a killed region, its neighbour is unharmed, and its hosts boot again with their services."""

    async def story(lab: Lab, faults: FaultBook) -> None:
        hooked: list[str] = []

        async def hook(cell: object) -> None:
            hooked.append("db")

        web = await lab.make_droplet("web", "nyc3", user_data=USER_DATA)
        db = await lab.make_cell("db", "nyc3")
        lab.on_restart(db, hook)
        far = await lab.make_cell("far", "sfo3")
        await web.wait_ready()
        ask = ["curl", "-s", "-m", "1", "-o", "/dev/null", "-w", "%{exitcode}", f"http://{web.public_ip}/"]
        assert await far.run(ask) == "0"
        region = await faults.add("kill", "region:nyc3", {})
        host = await faults.add("kill", "host:web", {})
        assert await far.run(ask, check=False) == "28"  # a timeout, not a refusal
        assert not web.running()
        await faults.remove(region)
        assert hooked == ["db"]
        assert db.running()
        assert not web.running()  # the other fault still holds it
        await faults.remove(host)

        async def answers() -> bool:
            return await far.run(ask, check=False) == "0"

        await eventually(answers)
        frozen = await faults.add("freeze", "region:nyc3", {})
        assert await far.run(ask, check=False) == "28"
        await faults.remove(frozen)
        await eventually(answers)

    in_lab(folder, story)


def test_what_was_destroyed_meanwhile_needs_no_mending(folder: LabFolder) -> None:
    """A fault on a host that the account deleted, and a host that is younger than its region's fault."""

    async def story(lab: Lab, faults: FaultBook) -> None:
        cell = await lab.make_cell("short", "nyc3")
        for kind in ("kill", "freeze", "partition"):
            await faults.add(kind, "host:short", {})
        await faults.add("kill", "region:nyc3", {})
        await lab.destroy(cell)
        young = await lab.make_cell("young", "nyc3")
        called: list[str] = []

        async def hook(_: object) -> None:
            called.append("young")

        lab.on_restart(young, hook)
        await faults.remove("all")
        assert called == []
        assert faults.in_force() == []

    in_lab(folder, story)


def test_frozen_and_killed_at_once(folder: LabFolder) -> None:
    """Freezes and kills of the same thing are removed in any order, and nobody waits for a frozen boot."""

    async def story(lab: Lab, faults: FaultBook) -> None:
        cell = await lab.make_cell("box", "nyc3")
        await cell.spawn("worker", ["sleep", "1000"])
        for first, second in (("freeze", "kill"), ("kill", "freeze")):
            for target in ("host:box", "service:box/worker", "region:nyc3"):
                await faults.add(first, target, {})
                await faults.add(second, target, {})
                async with asyncio.timeout(20):
                    await faults.remove("all")
                assert cell.children["worker"].alive(), (first, target)
                assert await cell.run(["echo", "hi"], timeout_s=5) == "hi\n"
        frozen = await faults.add("freeze", "region:nyc3", {})
        killed = await faults.add("kill", "host:box", {})
        with pytest.raises(LabError, match="nyc3 is frozen"):
            await faults.remove(killed)
        assert len(faults.in_force()) == 2
        await faults.remove(frozen)
        await faults.remove(killed)
        assert cell.children["worker"].alive()

    in_lab(folder, story)


def test_names_are_served_as_asked(folder: LabFolder) -> None:
    """A zone is served when zone_apply returns, resolvers honour its TTL, and unknown names get a clear no."""

    async def story(lab: Lab, _: FaultBook) -> None:
        near = await lab.make_cell("near", "nyc3")

        async def ask(*words: str) -> str:
            return (await near.run(["kdig", "+short", "+time=2", *words], check=False)).strip()

        record = {"type": "A", "name": "shop", "data": "192.0.2.9", "ttl": 30}
        await lab.dns.zone_apply("example.com", [record, {"type": "CNAME", "name": "www", "data": "shop.example.com"}])
        assert await ask("@203.0.113.53", "shop.example.com") == "192.0.2.9"
        assert await ask("www.example.com") == "shop.example.com.\n192.0.2.9"
        await lab.dns.zone_apply("example.com", [record | {"data": "198.51.100.9"}])
        assert await ask("@203.0.113.53", "shop.example.com") == "198.51.100.9"
        assert await ask("shop.example.com") == "192.0.2.9"  # the resolver still remembers, as it should
        await lab.dns.name_set("x-do-user-1-0.db.tidepool.test", "192.0.2.5")
        assert await ask("x-do-user-1-0.db.tidepool.test") == "192.0.2.5"
        await lab.dns.name_remove("x-do-user-1-0.db.tidepool.test")
        assert await ask("@203.0.113.53", "x-do-user-1-0.db.tidepool.test") == ""
        await lab.dns.zone_remove("example.com")
        assert await ask("@203.0.113.53", "shop.example.com") == ""
        assert "NXDOMAIN" in await near.run(["kdig", "nowhere.example.org"])

    in_lab(folder, story)


def _lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def _true(fact: bool) -> bool:
    return fact
