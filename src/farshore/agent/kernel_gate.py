"""The gate `kernel`: nftables drops packets to the writer's database unless an element with a timeout lets them pass.

Abandoned, the element times out and the gate is closed, open connections included. The kernel counts the timeout on its
tick clock, which stands still while a machine is suspended (droplets are not). The table outlives the agent on purpose.
"""

import asyncio
import ipaddress
import os
import shutil
import socket
from collections.abc import Sequence
from typing import Protocol

from farshore.model.region import Endpoint

TABLE = "farshore"
_MARGIN_S = 0.1  # nft's own time; an element may end early, never late
_NFT_S = 2.0

_RULES = f"""\
table inet {TABLE} {{
  set database4 {{ type ipv4_addr . inet_service; }}
  set database6 {{ type ipv6_addr . inet_service; }}
  set permit4 {{ type ipv4_addr . inet_service; flags timeout; }}
  set permit6 {{ type ipv6_addr . inet_service; flags timeout; }}
  chain output {{
    type filter hook output priority 0; policy accept;
    ip daddr . tcp dport @database4 ip daddr . tcp dport != @permit4 counter drop
    ip6 daddr . tcp dport @database6 ip6 daddr . tcp dport != @permit6 counter drop
  }}
}}
"""


class GateBroken(Exception):
    """One clear sentence. The gate is as it was."""


class Gate(Protocol):
    """What a renewal needs of the gate. Each call raises GateBroken."""

    async def install(self, endpoint: Endpoint) -> None:
        """From now on the way to this database is closed unless opened."""
        ...

    async def open(self, endpoint: Endpoint, left_s: float) -> None:
        """For so long from now and no longer."""
        ...

    async def close(self) -> None:
        """Closed at once where it was installed; nothing where it was not."""
        ...

    async def remove(self) -> None: ...


class KernelGate:
    def __init__(self) -> None:
        self._installed: bool | None = None  # None: another agent's life may have left it there
        self._guarded: set[tuple[str, int]] = set()
        self._turn = asyncio.Lock()

    async def install(self, endpoint: Endpoint) -> None:
        async with self._turn:
            await self._install(await _addresses(endpoint))

    async def open(self, endpoint: Endpoint, left_s: float) -> None:
        loop = asyncio.get_running_loop()
        until_s = loop.time() + left_s
        async with self._turn:
            addresses = await _addresses(endpoint)
            await self._install(addresses)
            for _ in range(2):
                milliseconds = int((until_s - loop.time() - _MARGIN_S) * 1000)
                if milliseconds <= 0:
                    break
                began_s = loop.time()
                await self._nft(_flush() + "".join(_element("permit", *item, milliseconds) for item in addresses))
                if loop.time() - began_s <= _MARGIN_S:
                    return
            await self._nft(_flush())
            raise GateBroken(
                "nft takes too long to renew the gate to the database; it is closed until the next renewal."
            )

    async def close(self) -> None:
        async with self._turn:
            if await self._there():
                await self._nft(_flush())

    async def remove(self) -> None:
        async with self._turn:
            if await self._there():
                await self._nft(f"delete table inet {TABLE}\n")
            self._installed, self._guarded = False, set()

    async def _install(self, addresses: Sequence[tuple[str, int]]) -> None:
        if not await self._there():
            await self._nft(_RULES)
            self._installed, self._guarded = True, set()
        new = [item for item in addresses if item not in self._guarded]
        if new:
            await self._nft("".join(_element("database", *item) for item in new))
            self._guarded.update(new)

    async def _nft(self, text: str) -> str:
        try:
            return await nft(text)
        except GateBroken:
            self._installed, self._guarded = None, set()  # somebody may have taken the table away: look again
            raise

    async def _there(self) -> bool:
        """Asked once: nobody else makes or deletes this table, and a renewal must not cost a listing."""
        if self._installed is None and (_program() is None or os.geteuid() != 0):
            return False  # whoever cannot make the table has none
        if self._installed is None:
            listed = await self._nft("list tables inet\n")
            self._installed = f"table inet {TABLE}" in listed.splitlines()
        return self._installed


def _flush() -> str:
    return f"flush set inet {TABLE} permit4\nflush set inet {TABLE} permit6\n"


def _element(kind: str, address: str, port: int, milliseconds: int | None = None) -> str:
    family = ipaddress.ip_address(address).version
    timeout = "" if milliseconds is None else f" timeout {milliseconds}ms"
    return f"add element inet {TABLE} {kind}{family} {{ {address} . {port}{timeout} }}\n"


async def _addresses(endpoint: Endpoint) -> list[tuple[str, int]]:
    """Raises GateBroken when the name says nothing."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_NFT_S):
            found = await loop.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError) as error:
        raise GateBroken(f"The database's name {endpoint.host} cannot be resolved for the gate ({error}).") from error
    return sorted({(str(item[4][0]), int(item[4][1])) for item in found})


def _program() -> str | None:
    return shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin:/bin")


async def nft(text: str) -> str:
    """One atomic change, or a listing. Raises GateBroken."""
    program = _program()
    if program is None:
        raise GateBroken("permit.gate is kernel, but nft is not installed here; run `apt install nftables`.")
    process = await asyncio.create_subprocess_exec(
        program,
        "-f",
        "-",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_NFT_S):
            out, error = await process.communicate(text.encode())
    except TimeoutError as late:
        process.kill()
        raise GateBroken(f"nft does not answer within {_NFT_S:g} s; the gate is as it was.") from late
    if process.returncode != 0:
        said = " ".join(error.decode(errors="replace").split())[:200]
        hint = "the agent must run as root" if "ermitted" in said else "see the agent's journal"
        raise GateBroken(f"nft refuses the gate to the database ({said}); {hint}.")
    return out.decode(errors="replace")
