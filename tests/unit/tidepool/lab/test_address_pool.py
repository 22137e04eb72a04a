"""The address pool: nobody gets an address twice, and a returned one comes last."""

from ipaddress import IPv4Network

import pytest

from tidepool.lab.addresses import AddressPool
from tidepool.lab.home import LabError

NETWORK = IPv4Network("192.0.2.0/24")


def test_addresses_are_unique_and_a_returned_one_comes_last() -> None:
    """A stale DNS answer should meet nobody, not somebody else."""
    pool = AddressPool(IPv4Network("192.0.2.0/27"))
    first = pool.take()
    others = [pool.take() for _ in range(5)]
    pool.give_back(first)
    rest = [pool.take() for _ in range(31 - 20 - 5)]
    assert rest[-1] == first
    assert len({first, *others, *rest}) == 31 - 20
    with pytest.raises(LabError, match="no free address"):
        pool.take()


def test_a_wanted_address_is_given_once() -> None:
    pool = AddressPool(NETWORK)
    assert pool.take("192.0.2.21") == "192.0.2.21"
    assert [pool.take(), pool.take()] == ["192.0.2.20", "192.0.2.22"]
    with pytest.raises(LabError, match="already in use"):
        pool.take("192.0.2.21")
    with pytest.raises(LabError, match="is not in"):
        pool.take("10.0.0.1")


def test_fixed_machines_below_the_pool_can_be_taken() -> None:
    """The API's and the authority's addresses are not handed out, but they can be asked for."""
    pool = AddressPool(NETWORK)
    assert pool.take("192.0.2.10") == "192.0.2.10"
    pool.give_back("192.0.2.99")  # never taken: nothing happens
    assert pool.take() == "192.0.2.20"
