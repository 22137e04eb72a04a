"""Asks the zone's own name servers, past every cache. The reading half of the dns port."""

import asyncio
from collections.abc import Sequence

import dns.asyncquery
import dns.asyncresolver
import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

from farshore.model.failure import Unreachable
from farshore.ports.dns import RecordSet

_TIMEOUT_S = 1.2


class Authority:
    """`servers` are addresses, with `#port` where it is not 53; without any, the zone's NS records are used."""

    def __init__(self, servers: Sequence[str] = ()) -> None:
        self._servers = tuple(servers)
        self._found: dict[str, tuple[str, ...]] = {}

    async def served(self, zone: str, name: str, type: str) -> RecordSet:
        """The union of what the servers say, so that it equals a wish only when all that answer have it."""
        servers = self._servers or await self._servers_of(zone)
        answers = await asyncio.gather(*(self._ask(server, name, type) for server in servers))
        heard = [answer for answer in answers if answer is not None]
        if not heard:
            raise Unreachable(f"None of the name servers of {zone} answers for {name}.", "Is its zone delegated?")
        return RecordSet(
            name=name,
            type=type,
            values=frozenset(value for answer in heard for value in answer.values),
            ttl_s=max(answer.ttl_s for answer in heard),
        )

    async def _ask(self, server: str, name: str, type: str) -> RecordSet | None:
        address, _, port = server.partition("#")
        query = dns.message.make_query(name, type)
        query.flags &= ~dns.flags.RD
        try:
            answer, _ = await dns.asyncquery.udp_with_fallback(
                query, address, timeout=_TIMEOUT_S, port=int(port or 53), ignore_unexpected=True
            )
        except (dns.exception.DNSException, OSError):
            return None
        if answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            return None
        found = answer.get_rrset(
            answer.answer, query.question[0].name, query.question[0].rdclass, dns.rdatatype.from_text(type)
        )
        if found is None:
            return RecordSet(name, type, frozenset(), 0)
        return RecordSet(name, type, frozenset(data.to_text() for data in found), found.ttl)

    async def _servers_of(self, zone: str) -> tuple[str, ...]:
        """Looked up once: the answer must still be there on the day when resolvers are not."""
        if zone not in self._found:
            try:
                names = await dns.asyncresolver.resolve(zone, "NS", lifetime=3 * _TIMEOUT_S)
                answers = [await dns.asyncresolver.resolve(str(name), "A", lifetime=_TIMEOUT_S) for name in names]
            except (dns.exception.DNSException, OSError) as error:
                raise Unreachable(
                    f"The name servers of {zone} cannot be found: {error}", "Name them in farshore.yaml."
                ) from error
            self._found[zone] = tuple(str(data) for answer in answers for data in answer)
        return self._found[zone]
