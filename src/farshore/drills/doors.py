"""Which regions take orders, asked at each one's own balancer: `python -m farshore.drills.doors` prints it as JSON.

It asks with the deep check, which writes to and reads from the region's database as an order would.
"""

import argparse
import http.client
import json
import socket
import ssl
import sys
from collections.abc import Sequence

TIMEOUT_S = 3.0


class _Door(http.client.HTTPSConnection):
    """Goes to an address and asks for a name."""

    def __init__(self, address: str, domain: str, context: ssl.SSLContext) -> None:
        super().__init__(domain, 443, timeout=TIMEOUT_S, context=context)
        self._address, self._domain, self._tls = address, domain, context

    def connect(self) -> None:
        plain = socket.create_connection((self._address, 443), TIMEOUT_S)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self._domain)


def takes_orders(address: str, domain: str, context: ssl.SSLContext) -> bool:
    door = _Door(address, domain, context)
    try:
        door.request("GET", "/healthz/deep", headers={"Host": domain})
        answer = door.getresponse()
        body = json.loads(answer.read())
        return answer.status == 200 and isinstance(body, dict) and body.get("role") == "writer"
    except (OSError, ValueError, http.client.HTTPException):
        return False
    finally:
        door.close()


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="doors", allow_abbrev=False)
    parser.add_argument("--domain", required=True)
    parser.add_argument("--ca-file", required=True)
    parser.add_argument("doors", nargs="+", metavar="REGION=ADDRESS")
    args = parser.parse_args(argv)
    context = ssl.create_default_context(cafile=args.ca_file)
    doors = [door.partition("=") for door in args.doors]
    print(json.dumps([region for region, _, address in doors if takes_orders(address, args.domain, context)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
