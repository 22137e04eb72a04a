"""Puts the agent on all app servers at once. Repeating it changes nothing where nothing has changed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from farshore.model.failure import Failure
from farshore.ports.cloud import Host
from farshore.provision.bundle import File, pack
from farshore.provision.ssh import Ssh

AT_ONCE_MAX = 8
_REMOTE = 'set -eu; d=$(mktemp -d); trap "rm -rf $d" EXIT; tar -xz -C "$d"; sh "$d/install.sh"'


@dataclass(frozen=True, slots=True)
class Deployed:
    host: str
    address: str
    outcome: str  # changed | unchanged | failed
    why: str = ""
    pinned: bool = False  # its host key was seen for the first time, and believed


async def deploy(ssh: Ssh, work: Sequence[tuple[Host, tuple[File, ...]]]) -> list[Deployed]:
    """One result per host, in the order given; a host that fails stops no other."""
    gate = asyncio.Semaphore(AT_ONCE_MAX)

    async def one(host: Host, files: tuple[File, ...]) -> Deployed:
        async with gate:
            return await deploy_one(ssh, host, files)

    return list(await asyncio.gather(*(one(host, files) for host, files in work)))


async def deploy_one(ssh: Ssh, host: Host, files: tuple[File, ...]) -> Deployed:
    address = host.public_ip or host.private_ip
    pinned = not ssh.knows(address)
    remote = _REMOTE if ssh.user == "root" else f"sudo -n sh -c '{_REMOTE}'"
    try:
        out = await ssh.run(address, remote, pack(files))
    except Failure as error:
        return Deployed(host.name, address, "failed", str(error))
    return Deployed(host.name, address, "changed" if out.split()[-1:] == ["changed"] else "unchanged", pinned=pinned)
