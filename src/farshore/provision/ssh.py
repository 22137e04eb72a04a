"""Runs one command on an app server through the machine's own OpenSSH client, with pinned host keys."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from farshore.model.failure import Refused, Unreachable

CONNECT_TIMEOUT_S = 10
RUN_TIMEOUT_S = 120.0
_SSH_FAILED = 255  # ssh's own failures, as against the command's


@dataclass(frozen=True, slots=True)
class Ssh:
    user: str
    port: int
    key_file: Path | None
    known_hosts_file: Path

    def knows(self, address: str) -> bool:
        """Whether this host's key was pinned before."""
        name = address if self.port == 22 else f"[{address}]:{self.port}"
        try:
            lines = self.known_hosts_file.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return False
        return any(name in line.split(" ")[0].split(",") for line in lines if line.strip())

    def command(self, address: str, remote: str) -> list[str]:
        words = ["ssh", "-T", "-F", "none", "-p", str(self.port), "-l", self.user]
        options = {
            "BatchMode": "yes",
            "ConnectTimeout": str(CONNECT_TIMEOUT_S),
            # A key is pinned on first use (and said so); a key that changed later is refused.
            "StrictHostKeyChecking": "accept-new",
            "UserKnownHostsFile": str(self.known_hosts_file),
            "GlobalKnownHostsFile": "/dev/null",
            "HashKnownHosts": "no",
            "UpdateHostKeys": "no",
            "ServerAliveInterval": "5",
            "ServerAliveCountMax": "3",
            "LogLevel": "ERROR",
        }
        for key, value in options.items():
            words += ["-o", f"{key}={value}"]
        if self.key_file is not None:
            words += ["-i", str(self.key_file), "-o", "IdentitiesOnly=yes"]
        return [*words, "--", address, remote]

    async def run(self, address: str, remote: str, stdin: bytes) -> str:
        """Standard output. Raises Unreachable when SSH did not come through, Refused when the command failed."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self.command(address, remote),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
        except FileNotFoundError:
            raise Refused("The program ssh is not installed here.", "Install the OpenSSH client and repeat.") from None
        try:
            async with asyncio.timeout(RUN_TIMEOUT_S):
                out, err = await process.communicate(stdin)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise Unreachable(
                f"{address} did not finish within {RUN_TIMEOUT_S:g} s.", "Look at the host and repeat."
            ) from None
        return self._judge(address, process.returncode or 0, out.decode(errors="replace"), err.decode(errors="replace"))

    def _judge(self, address: str, code: int, out: str, err: str) -> str:
        said = " ".join(err.split())[-300:]
        if code == 0:
            return out
        if "HOST IDENTIFICATION HAS CHANGED" in err or "Host key verification failed" in err:
            raise Refused(
                f"The SSH host key of {address} is not the pinned one.",
                f"If the host was rebuilt on purpose, remove its line from {self.known_hosts_file} and repeat.",
            )
        if code == _SSH_FAILED and "Permission denied" in err:
            raise Refused(
                f"{address} refused the login of {self.user} by SSH.", "Set agents.ssh_user and agents.ssh_key_file."
            )
        if code == _SSH_FAILED:
            raise Unreachable(
                f"{address} cannot be reached by SSH ({said}).", "Check the host and its firewall, and repeat."
            )
        raise Refused(
            f"On {address} the installation failed ({said or f'exit code {code}'}).", "Repair that and repeat."
        )
