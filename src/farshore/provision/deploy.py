"""Puts the agent on all app servers at once. Repeating it changes nothing where nothing has changed."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from farshore.model.failure import Failure
from farshore.ports.cloud import Host
from farshore.provision import unit
from farshore.provision.ssh import Ssh

AT_ONCE_MAX = 8
_INSTALL = 'set -eu; d=$(mktemp -d); trap "rm -rf $d" EXIT; tar -xz -C "$d"; sh "$d/install.sh"'

Pack = Callable[[bytes], bytes]  # what to send, given the certificate that is there


@dataclass(frozen=True, slots=True)
class Deployed:
    host: str
    address: str
    outcome: str  # changed | unchanged | failed
    why: str = ""  # it failed, or what its operator should know
    pinned: bool = False  # its host key was seen for the first time, and believed


async def deploy(ssh: Ssh, work: Sequence[tuple[Host, Pack]]) -> list[Deployed]:
    """One result per host, in the order given; a host that fails stops no other."""
    gate = asyncio.Semaphore(AT_ONCE_MAX)

    async def one(host: Host, pack: Pack) -> Deployed:
        async with gate:
            return await deploy_one(ssh, host, pack)

    return list(await asyncio.gather(*(one(host, pack) for host, pack in work)))


async def deploy_one(ssh: Ssh, host: Host, pack: Pack) -> Deployed:
    address = host.public_ip or host.private_ip
    pinned = not ssh.knows(address)
    try:
        deployed = await ssh.run(address, _as_root(ssh, _deployed()), b"")
        out = await ssh.run(address, _as_root(ssh, _INSTALL), pack(deployed.encode()))
    except Failure as error:
        return Deployed(host.name, address, "failed", str(error))
    outcome = "changed" if out.split()[-1:] == ["changed"] else "unchanged"
    warnings = [line.removeprefix("warning: ") for line in out.splitlines() if line.startswith("warning: ")]
    return Deployed(host.name, address, outcome, "; ".join(warnings), pinned)


def _deployed() -> str:
    """Prints the certificate that is there, if its key is its key and nobody else may read it; nothing otherwise."""
    load = f'load_cert_chain(\\"{unit.CERTIFICATE_PATH}\\", \\"{unit.KEY_PATH}\\")'
    return (
        f'[ "$(stat -c %a {unit.KEY_PATH} 2>/dev/null)" = 600 ] && '
        f'python3 -Ic "import ssl; ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).{load}" 2>/dev/null && '
        f"cat {unit.CERTIFICATE_PATH} || true"
    )


def _as_root(ssh: Ssh, script: str) -> str:
    return script if ssh.user == "root" else f"sudo -n sh -c '{script}'"
