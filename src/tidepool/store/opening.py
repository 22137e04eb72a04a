"""Waits until the world has caught up with what was built: names resolve, doors open. Called by the store builder."""

import socket
import time
import urllib.error
import urllib.request

from tidepool.store.account import StoreError

NAME_PATIENCE_S = 10.0
OPEN_PATIENCE_S = 120.0


def resolve(host: str) -> str:
    """The address behind a name; a database's name is served within a second of its being online."""
    deadline = time.monotonic() + NAME_PATIENCE_S
    while True:
        try:
            return socket.gethostbyname(host)
        except OSError:
            if time.monotonic() > deadline:
                raise StoreError(f"The name {host} does not resolve in this place.") from None
        time.sleep(0.2)


def wait_open(url: str, host: str) -> None:
    """Until `url`, asked for as `host`, answers 200."""
    deadline = time.monotonic() + OPEN_PATIENCE_S
    while (problem := _problem(url, host)) is not None:
        if time.monotonic() > deadline:
            raise StoreError(f"{url} did not open within {OPEN_PATIENCE_S:.0f} s: {problem}")
        time.sleep(0.3)


def _problem(url: str, host: str) -> str | None:
    request = urllib.request.Request(url, headers={"Host": host})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # the machine's proxy is not the lab's
    try:
        with opener.open(request, timeout=3) as answer:
            return None if answer.status == 200 else f"status {answer.status}"
    except urllib.error.HTTPError as error:
        return f"status {error.code}: {error.read(300).decode(errors='replace').strip()}"
    except OSError as error:
        return str(error)
