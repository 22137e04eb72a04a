"""The dns port: on the fake, and on pydo with a small authority that serves what the account stores."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from api_serving import TOKEN, Serving

from farshore.adapters.digitalocean.account import Account
from farshore.adapters.digitalocean.authority import Authority
from farshore.adapters.digitalocean.dns import DigitalOceanDns
from farshore.model.failure import Refused
from farshore.ports.dns import Dns, RecordSet
from farshore.sim.fake_clock import FakeClock
from farshore.sim.fake_dns import FakeDns

Run = Callable[[Any], Any]
NAME = "shop.example.com"


class SmallAuthority(asyncio.DatagramProtocol):
    """Answers from the records that the lab's API would have published."""

    def __init__(self, zones: dict[str, list[dict[str, Any]]]) -> None:
        self._zones = zones

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        query = dns.message.from_wire(data)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AA
        question = query.question[0]
        asked = question.name.to_text(omit_final_dot=True)
        for zone, records in self._zones.items():
            found = [
                record
                for record in records
                if record["type"] == "A" and asked == (zone if record["name"] == "@" else f"{record['name']}.{zone}")
            ]
            if found:
                values = [record["data"] for record in found]
                answer.answer.append(dns.rrset.from_text_list(question.name, found[0]["ttl"], "IN", "A", values))
        if not answer.answer:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        self._transport.sendto(answer.to_wire(), address)


@dataclass
class World:
    dns: Dns
    settle: Callable[[], None]


@pytest.fixture(params=["fake", "pydo"])
def world(request: pytest.FixtureRequest, run: Run) -> Iterator[World]:
    if request.param == "fake":
        clock = FakeClock()
        yield World(FakeDns(clock, delay_s=0.5), lambda: clock.skip(1.0))
        return
    api: Serving = request.getfixturevalue("api")
    api.ok("POST", "/v2/domains", {"name": "example.com"})

    async def listen() -> Any:
        loop = asyncio.get_running_loop()
        return await loop.create_datagram_endpoint(lambda: SmallAuthority(api.backend.zones), ("127.0.0.1", 0))

    transport, _ = run(listen())
    port = transport.get_extra_info("sockname")[1]
    account = Account(TOKEN, api.url, str(api.ca))
    yield World(DigitalOceanDns(account, ["example.com"], Authority([f"127.0.0.1#{port}"])), api.settle)
    account.close()
    transport.close()


def _a(*values: str, ttl_s: int = 30) -> RecordSet:
    return RecordSet(NAME, "A", frozenset(values), ttl_s)


def test_a_name_without_a_record_is_an_empty_set(world: World, run: Run) -> None:
    assert run(world.dns.stored(NAME, "A")).values == frozenset()
    assert run(world.dns.served(NAME, "A")).values == frozenset()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (_a("192.0.2.10"), _a("198.51.100.10")),
        (_a("192.0.2.10"), _a("192.0.2.10")),
        (_a("192.0.2.10", ttl_s=1800), _a("192.0.2.10")),
        (_a("192.0.2.10"), _a("192.0.2.10", "198.51.100.10")),
        (_a("192.0.2.10", "192.0.2.11", "192.0.2.12"), _a("198.51.100.10")),
    ],
    ids=["another", "the same", "another ttl", "one more", "fewer"],
)
def test_the_set_becomes_exactly_what_was_wanted(world: World, run: Run, before: RecordSet, after: RecordSet) -> None:
    run(world.dns.replace(before))
    world.settle()
    assert run(world.dns.served(NAME, "A")) == before
    for _ in range(2):
        run(world.dns.replace(after))
        assert run(world.dns.stored(NAME, "A")) == after
    world.settle()
    assert run(world.dns.served(NAME, "A")) == after


def test_other_names_are_left_alone(world: World, run: Run) -> None:
    apex = RecordSet("example.com", "A", frozenset({"192.0.2.99"}), 60)
    run(world.dns.replace(apex))
    run(world.dns.replace(_a("192.0.2.10")))
    assert run(world.dns.stored("example.com", "A")) == apex


def test_no_addresses_at_all_are_refused(world: World, run: Run) -> None:
    run(world.dns.replace(_a("192.0.2.10")))
    with pytest.raises(Refused):
        run(world.dns.replace(_a()))
    assert run(world.dns.stored(NAME, "A")) == _a("192.0.2.10")
