"""Hands out addresses in a place's prefixes; a returned one is used again last: stale DNS answers may name it."""

from collections import deque
from ipaddress import IPv4Address, IPv4Network

from tidepool.lab.home import LabError

FIRST_HOST = 20  # below: routers and fixed machines; the internet's shoppers begin at .64
POOL_SIZE = 200


class AddressPool:
    def __init__(self, network: IPv4Network, first: int = FIRST_HOST) -> None:
        last = min(first + POOL_SIZE, network.num_addresses - 1)
        self._network = network
        self._free: deque[IPv4Address] = deque(network.network_address + n for n in range(first, last))
        self._taken: set[IPv4Address] = set()

    def take(self, wanted: str | None = None) -> str:
        if wanted is None:
            if not self._free:
                raise LabError(f"no free address is left in {self._network}; destroy something first")
            address = self._free.popleft()
        else:
            address = IPv4Address(wanted)
            if address not in self._network:
                raise LabError(f"address {wanted} is not in {self._network}; choose one that is, or none")
            if address in self._taken:
                raise LabError(f"address {wanted} is already in use; choose another, or none")
            if address in self._free:
                self._free.remove(address)
        self._taken.add(address)
        return str(address)

    def give_back(self, address: str) -> None:
        known = IPv4Address(address)
        if known in self._taken:
            self._taken.remove(known)
            self._free.append(known)
