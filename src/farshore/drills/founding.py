"""The script that founded this project, for comparison: asks one page every minute and rewrites a DNS record.

It runs by itself (`python -m farshore.drills.founding`), uses the standard library, and does nothing else: no second
opinion, no fence, no promotion, no checkout.
"""

import argparse
import json
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from typing import Any


def is_up(url: str, timeout_s: float, context: ssl.SSLContext) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=timeout_s, context=context) as answer:
            return bool(answer.status == 200)
    except (OSError, ValueError):  # HTTPError and URLError are OSErrors
        return False


class Records:
    """The provider's DNS records of one domain."""

    def __init__(self, endpoint: str, token: str, context: ssl.SSLContext) -> None:
        self._endpoint = endpoint
        self._token = token
        self._context = context

    def rewrite(self, zone: str, name: str, address: str) -> None:
        found = self._call("GET", f"/v2/domains/{zone}/records?type=A&per_page=200", None)
        for record in found["domain_records"]:
            if record["type"] == "A" and record["name"] == name:
                self._call("PUT", f"/v2/domains/{zone}/records/{record['id']}", {"type": "A", "data": address})

    def _call(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        request = urllib.request.Request(
            self._endpoint + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30, context=self._context) as answer:
            return dict(json.load(answer))


def watch(look: Callable[[], bool], switch: Callable[[], None], every_s: float, say: Callable[[str], None]) -> None:
    """Returns after the switch."""
    while True:
        began = time.monotonic()
        up = look()
        say(json.dumps({"kind": "look", "at_s": began, "up": up}))
        if not up:
            switch()
            say(json.dumps({"kind": "switched", "at_s": time.monotonic()}))
            return
        time.sleep(max(0.0, began + every_s - time.monotonic()))


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="founding", allow_abbrev=False)
    parser.add_argument("--url", required=True)
    parser.add_argument("--zone", required=True)
    parser.add_argument("--record", required=True)
    parser.add_argument("--address", required=True, help="of the other region's balancer")
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--token-file", required=True)
    parser.add_argument("--ca-file", required=True)
    parser.add_argument("--interval-s", type=float, default=60.0)
    parser.add_argument("--timeout-s", type=float, default=5.0)
    args = parser.parse_args(argv)
    context = ssl.create_default_context(cafile=args.ca_file)
    with open(args.token_file) as file:
        records = Records(args.endpoint, file.read().strip(), context)
    watch(
        look=lambda: is_up(args.url, args.timeout_s, context),
        switch=lambda: records.rewrite(args.zone, args.record, args.address),
        every_s=args.interval_s,
        say=lambda line: print(line, flush=True),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
