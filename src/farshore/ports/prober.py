"""Knocking at doors, as a shopper would."""

from dataclasses import dataclass
from typing import Protocol

from farshore.model.region import RegionName
from farshore.model.sighting import Door, Look


@dataclass(frozen=True, slots=True)
class Target:
    """A URL by parts: the address is dialled, the host is what TLS and the Host header say."""

    door: Door
    region: RegionName
    address: str  # IP address of the balancer: DNS is not part of the question
    port: int
    host: str  # public host name of the store
    path: str
    tls: bool = True
    ca_file: str | None = None  # None: the system's authorities
    expect: str = ""  # text that the body must contain
    method: str = "GET"
    form: tuple[tuple[str, str], ...] = ()  # sent as application/x-www-form-urlencoded


class Prober(Protocol):
    async def look(self, target: Target, timeout_s: float) -> Look:
        """Open a new connection and ask once. `timeout_s` bounds the whole of it, slow bodies included.

        Never raises: every way to fail is a Look that says why.
        """
        ...
