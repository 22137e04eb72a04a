"""A droplet by SSH, from lon1 with the machine's own OpenSSH client: commands, and files in one archive."""

import asyncio
import io
import tarfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from farshore.drills.lab import Lab
from farshore.model.failure import Refused

RUN_WITHIN_S = 120.0
UP_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Host:
    name: str
    public: str
    private: str
    lab: Lab
    key_file: str

    async def run(self, script: str, stdin: bytes = b"") -> str:
        """Standard output of a shell script. Refused when it fails, with the end of what it said."""
        code, out, err = await self._ssh(script, stdin)
        if code != 0:
            said = (err or out).decode(errors="replace").strip()[-600:]
            raise Refused(f"On {self.name} this failed: {script[:120]!r}: {said}.", "Mend that, then start again.")
        return out.decode(errors="replace")

    async def ready(self) -> None:
        """Until it can be logged in to: a new one, or one whose power has come back."""
        deadline = time.monotonic() + UP_WITHIN_S
        while (last := await self._ssh("true", b""))[0] != 0:
            if time.monotonic() > deadline:
                said = last[2].decode(errors="replace").strip()[-300:]
                raise Refused(f"{self.name} cannot be logged in to within {UP_WITHIN_S:.0f} s: {said}.", "Look at it.")
            await asyncio.sleep(0.5)

    async def put(self, files: Mapping[str, str | bytes], trees: Mapping[Path, str] | None = None) -> None:
        """Files by their paths there, readable by their owner's group and everybody; whole folders by theirs."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for source, target in (trees or {}).items():
                archive.add(source, arcname=target.lstrip("/"), filter=_rooted)
            for path, content in files.items():
                body = content.encode() if isinstance(content, str) else content
                info = tarfile.TarInfo(path.lstrip("/"))
                info.size, info.mode = len(body), 0o644
                archive.addfile(info, io.BytesIO(body))
        # --keep-directory-symlink: /lib is a link on Debian. /run is a mount, and tar goes into it as into a folder.
        await self.run("tar -x -C / --keep-directory-symlink --no-same-owner", buffer.getvalue())

    async def _ssh(self, script: str, stdin: bytes) -> tuple[int, bytes, bytes]:
        words = ["ssh", "-T", "-F", "none", "-i", self.key_file, "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes"]
        # A lab's machines are made anew each time, and nobody but the lab is between them.
        words += ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]
        words += ["-o", "ConnectTimeout=5", "-l", "root", "--", self.public, script]
        process = await asyncio.create_subprocess_exec(
            *self.lab.inside("lon1", *words),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            out, err = await asyncio.wait_for(process.communicate(stdin), RUN_WITHIN_S)
        except BaseException as error:
            process.kill()
            await process.wait()
            if isinstance(error, TimeoutError):
                return 255, b"", f"no end within {RUN_WITHIN_S:.0f} s".encode()
            raise
        return process.returncode or 0, out, err


def _rooted(info: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if info.name.endswith((".pyc", "__pycache__")):
        return None
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    info.mode |= 0o444 | (0o111 if info.mode & 0o100 else 0)
    return info
