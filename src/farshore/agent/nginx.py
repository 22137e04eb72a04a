"""nginx on this app server: checked first, then reloaded. Whatever fails is one sentence and no exception."""

import asyncio
import shutil
from typing import Protocol

_NGINX_S = 10.0


class WebServer(Protocol):
    async def reload(self) -> str:
        """Checks the configuration first. Empty, or one sentence that says why it was not reloaded."""
        ...


class Nginx:
    async def reload(self) -> str:
        program = shutil.which("nginx", path="/usr/sbin:/sbin:/usr/bin:/bin")
        if program is None:
            return "nginx is not installed here, so nothing is handed over to the other region."
        for arguments in (("-t", "-q"), ("-s", "reload")):
            said = await _run(program, *arguments)
            if said:
                return f"nginx {' '.join(arguments)} says: {said}. Nothing new is handed over to the other region."
        return ""


async def _run(*command: str) -> str:
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        try:
            async with asyncio.timeout(_NGINX_S):
                out, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            return f"nothing within {_NGINX_S:g} s"
    except OSError as error:
        return str(error)
    text = " ".join(out.decode(errors="replace").split())
    return "" if process.returncode == 0 else text[:300].rstrip(".") or f"status {process.returncode}"
