"""A cell: one simulated machine made of namespaces, an overlay of the image and a cgroup (implements lab/cell.py).

The network namespace and the overlay belong to the machine's kernel and outlive the processes, as hardware does; the
processes hang on one anchor (`unshare --kill-child`), which dies with the daemon: kill -9 of the daemon ends them all.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tidepool.lab import clock, netns
from tidepool.lab.cell import CellError
from tidepool.lab.cgroups import Group
from tidepool.lab.child import LabChild, Recipe
from tidepool.lab.home import LabError
from tidepool.lab.sweep import delete

INIT = Path(__file__).parent / "guest" / "cell_init.sh"
ENV = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8"}
# tini reaps what services leave behind; sleep keeps it alive between them.
PLAIN_INIT = ("/usr/bin/tini", "--", "sleep", "infinity")


@dataclass(frozen=True, slots=True)
class Port:
    """One network interface of a cell, and the router's end of its cable (for faults)."""

    device: str
    router_device: str
    router_netns: str
    address: str


@dataclass(frozen=True, slots=True)
class Site:
    """Where a cell lives on the machine: everything about it that never changes."""

    name: str
    place: str
    folder: Path
    image: Path
    netns: str
    group: Group
    ports: Mapping[str, Port]  # "public", "private"
    resolver: str
    init: tuple[str, ...] = PLAIN_INIT

    def address(self, side: str) -> str | None:
        return self.ports[side].address if side in self.ports else None


class LabCell:
    def __init__(self, site: Site) -> None:
        self.site = site
        self.name = site.name
        self.place = site.place
        self.root = site.folder / "root"
        self.public_ip = site.address("public")
        self.private_ip = site.address("private")
        self.children: dict[str, LabChild] = {}
        self.destroyed = False
        self._anchor: asyncio.subprocess.Process | None = None
        self._init_pid = 0

    # life ---------------------------------------------------------------------
    def build(self) -> None:
        """Disk only: the overlay and what every machine finds in /etc."""
        site = self.site
        for part in ("upper", "work", "root", "log"):
            (site.folder / part).mkdir(parents=True)
        layers = f"lowerdir={site.image},upperdir={site.folder}/upper,workdir={site.folder}/work"
        mount = ["mount", "-t", "overlay", site.netns, "-o", layers, str(self.root)]
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise LabError(
                f"cannot overlay the image for {self.name}: {done.stderr.strip()}; "
                "TIDEPOOL_HOME must be on a disk's own filesystem (ext4, xfs), not on another overlay"
            )
        self.write("etc/hostname", f"{self.name}\n")
        self.write("etc/hosts", f"127.0.0.1 localhost\n127.0.1.1 {self.name}\n")
        self.write("etc/resolv.conf", f"nameserver {site.resolver}\noptions timeout:2 attempts:2\n")
        clock.make(self.root)
        site.group.make()

    def write(self, path: str, text: str, mode: int = 0o644) -> Path:
        """A file below the root. /run, /tmp and /dev inside are private: use run() for those."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.touch(mode=mode)
        file.write_text(text)
        file.chmod(mode)
        return file

    async def start(self) -> None:
        """Power on: idempotent."""
        if self.running():
            return
        self.thaw()  # a machine that is switched on is not frozen, whatever it was before
        site = self.site
        group, anchor_group = Group(f"{site.group.path}/init"), Group(f"{site.group.path}/anchor")
        group.make()
        anchor_group.make()
        cgroup_namespace = [] if site.init == PLAIN_INIT else ["--cgroup"]
        self._anchor = await asyncio.create_subprocess_exec(
            *("setpriv", "--pdeathsig", "KILL", "/bin/sh", "-c", f'{group.join_shell()}; exec "$@"', "sh"),
            *("nsenter", f"--net={netns.FOLDER / site.netns}", "unshare", "--mount", "--pid", "--uts", "--ipc"),
            *(*cgroup_namespace, "--fork", "--kill-child", "bash", str(INIT)),
            *(str(self.root), self.name, str(site.folder / "log" / "init.log"), *site.init),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            env=ENV,
            start_new_session=True,
        )
        assert self._anchor.stdout is not None
        if await self._anchor.stdout.readline() != b"ready\n":
            raise LabError(f"cell {self.name} did not start; {site.folder}/log/init.log says why")
        self._init_pid = _only_child(self._anchor.pid)
        # A systemd inside must find nobody but itself in its root group, or v2 refuses it its controllers.
        anchor_group.adopt(self._anchor.pid)

    def running(self) -> bool:
        return self._anchor is not None and self._anchor.returncode is None and Path(f"/proc/{self._init_pid}").exists()

    async def kill(self) -> None:
        """SIGKILL to everything inside, at once. Disk, addresses and cables stay, as in a machine that lost power."""
        self.site.group.kill()
        for child in self.children.values():
            child.kill()
        await self.gone()

    async def gone(self) -> int | None:
        """When the first process has ended; its exit code, negative for a signal, as unshare passes it on."""
        return None if self._anchor is None else await self._anchor.wait()

    async def respawn(self) -> None:
        """After kill() and start(): run again, in order, what had been spawned."""
        for child in list(self.children.values()):
            if not child.alive():
                await self._spawn(child.recipe)

    def freeze(self) -> None:
        self.site.group.freeze()

    def thaw(self) -> None:
        self.site.group.thaw()

    async def destroy(self) -> None:
        if self.destroyed:
            return
        self.destroyed = True
        await self.kill()
        for port in self.site.ports.values():  # at once, not when the kernel gets round to the namespace
            with contextlib.suppress(LabError):
                netns.ip(["-n", port.router_netns, "link", "del", port.router_device])
        await asyncio.to_thread(self._clear)

    def _clear(self) -> None:
        netns.remove(self.site.netns)
        subprocess.run(["umount", "-l", str(self.root)], capture_output=True, check=False)
        self.site.group.remove()
        delete(self.site.folder)

    # commands -----------------------------------------------------------------
    def _enter(self, user: str | None) -> list[str]:
        if not self.running():
            raise CellError(f"cell {self.name} is not running; start it first")
        spaces = ["-m", "-u", "-i", "-n", "-p"] + ([] if self.site.init == PLAIN_INIT else ["-C"])
        become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--"] if user else []
        return ["nsenter", "-t", str(self._init_pid), *spaces, "--", *become]

    async def run(
        self,
        argv: Sequence[str],
        *,
        input: str | None = None,
        user: str | None = None,
        check: bool = True,
        timeout_s: float = 60.0,
    ) -> str:
        group = Group(f"{self.site.group.path}/run")
        group.make()
        shell = f'{group.join_shell()}; exec "$@"'
        process = await asyncio.create_subprocess_exec(
            *("/bin/sh", "-c", shell, "sh", *self._enter(user), *argv),
            stdin=asyncio.subprocess.DEVNULL if input is None else asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=ENV,
            start_new_session=True,
        )
        what = f"`{' '.join(argv)[:200]}` in {self.name}"
        try:
            answer = process.communicate(None if input is None else input.encode())
            out, err = await asyncio.wait_for(answer, timeout_s)
        except TimeoutError:
            raise CellError(f"{what} did not end within {timeout_s} s") from None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    _kill_session(process.pid)
        if check and process.returncode != 0:
            words = err.decode(errors="replace").strip() or out.decode(errors="replace").strip()
            raise CellError(f"{what} ended with {process.returncode}: {words[-2000:]}")
        return out.decode(errors="replace")

    async def spawn(
        self,
        label: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        user: str | None = None,
    ) -> LabChild:
        if label in self.children and self.children[label].alive():
            raise CellError(f"{label} already runs in {self.name}; kill it first")
        return await self._spawn(Recipe(label, tuple(argv), ENV | dict(env or {}), user))

    async def _spawn(self, recipe: Recipe) -> LabChild:
        log = str(self.site.folder / "log" / f"{recipe.label}.log")
        group = Group(f"{self.site.group.path}/{recipe.label}")
        child = LabChild(recipe, self._enter(recipe.user), group, log)
        self.children[recipe.label] = child
        return child

    async def nft(self, ruleset: str) -> None:
        """With the image's nft, so that the machine needs none."""
        await nft(self.site.netns, self.site.image, ruleset)


async def nft(namespace: str, image: Path, ruleset: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *("nsenter", f"--net={netns.FOLDER / namespace}", "chroot", str(image), "nft", "-f", "-"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=ENV,
    )
    out, _ = await process.communicate(ruleset.encode())
    if process.returncode != 0:
        raise CellError(f"nft in {namespace} refused its rules: {out.decode(errors='replace').strip()[-1000:]}")


def _only_child(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def _kill_session(pid: int) -> None:
    os.killpg(pid, signal.SIGKILL)
