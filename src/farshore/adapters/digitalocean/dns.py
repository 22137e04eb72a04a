"""The account's records as sets, and what the authority serves of them. Implements the dns port."""

from collections.abc import Sequence

from farshore.adapters.digitalocean.account import Account, Json
from farshore.adapters.digitalocean.authority import Authority
from farshore.model.failure import Refused, RetryLater
from farshore.ports.dns import RecordSet

_TTL_MIN_S = 30  # the provider accepts no less
_ROUNDS = 3


class DigitalOceanDns:
    """`zones` are the account's domains that this group may touch."""

    def __init__(self, account: Account, zones: Sequence[str], authority: Authority) -> None:
        self._account = account
        self._domains = account.client.domains
        self._zones = tuple(zones)
        self._authority = authority

    async def served(self, name: str, type: str) -> RecordSet:
        return await self._authority.served(self._zone(name), name, type)

    async def stored(self, name: str, type: str) -> RecordSet:
        found = await self._records(self._zone(name), name, type)
        ttl_s = max((int(record.get("ttl") or 0) for record in found), default=0)
        return RecordSet(name, type, frozenset(str(record["data"]) for record in found), ttl_s)

    async def replace(self, wanted: RecordSet) -> None:
        """A record that vanishes under our hands (somebody edits as well) starts another round."""
        if not wanted.values:
            raise Refused(f"An empty address record of {wanted.name} would close the store.")
        if wanted.ttl_s < _TTL_MIN_S:
            raise Refused(f"The provider accepts no TTL below {_TTL_MIN_S} s.", "Raise ttl in farshore.yaml.")
        zone = self._zone(wanted.name)
        for _ in range(_ROUNDS):
            if await self._round(zone, wanted):
                return
        raise RetryLater(f"Somebody else is editing {wanted.name} at the provider.", after_s=0.5)

    async def _round(self, zone: str, wanted: RecordSet) -> bool:
        """Changes and additions before removals: the set is never empty, and one address for another is one call."""
        missing = sorted(wanted.values)
        kept: list[Json] = []
        spare: list[Json] = []
        for record in await self._records(zone, wanted.name, wanted.type):
            if record["data"] in missing:
                missing.remove(record["data"])
                kept.append(record)
            else:
                spare.append(record)
        whole = True
        for record in kept:
            if record.get("ttl") != wanted.ttl_s:
                whole &= await self._change(zone, record, wanted, str(record["data"]))
        for value in missing:
            if spare:
                whole &= await self._change(zone, spare.pop(), wanted, value)
            else:
                body = self._body(zone, wanted, value)
                whole &= await self._account.write(self._domains.create_record, zone, body) is not None
        for record in spare:
            await self._account.write(self._domains.delete_record, zone, int(record["id"]))
        return whole

    async def _change(self, zone: str, record: Json, wanted: RecordSet, value: str) -> bool:
        body = self._body(zone, wanted, value)
        return await self._account.write(self._domains.update_record, zone, int(record["id"]), body) is not None

    async def _records(self, zone: str, name: str, type: str) -> list[Json]:
        """The API filters by the whole name and answers with relative ones."""
        found = await self._account.read_all(self._domains.list_records, "domain_records", zone, name=name, type=type)
        relative = _relative(zone, name)
        return [record for record in found if record.get("name") == relative and record.get("type") == type]

    @staticmethod
    def _body(zone: str, wanted: RecordSet, value: str) -> Json:
        return {"type": wanted.type, "name": _relative(zone, wanted.name), "data": value, "ttl": wanted.ttl_s}

    def _zone(self, name: str) -> str:
        fitting = [zone for zone in self._zones if name == zone or name.endswith(f".{zone}")]
        if not fitting:
            raise Refused(f"The name {name} is in none of the zones {', '.join(self._zones)}.", "Correct zone.")
        return max(fitting, key=len)


def _relative(zone: str, name: str) -> str:
    return "@" if name == zone else name.removesuffix(f".{zone}")
