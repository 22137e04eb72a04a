"""The permit in the store of record: renewed for its holder, revoked for the next epoch, and watched.

One record holds grant, revocation and the count of renewals, so that each change is one compare-and-swap.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from farshore.model.failure import Refused, Unknown
from farshore.model.keys import grant_key
from farshore.model.permit import Permit
from farshore.model.region import Epoch, RegionName
from farshore.ports.coordination import Coordination, Lease

CONFLICTS_MAX = 20  # two app servers that renew in the same instant each lose one swap, not twenty


class NotYours(Refused):
    """The permit is another's, of another epoch, or revoked: an answer, and final for that epoch."""

    def __init__(self, permit: Permit) -> None:
        state = "revoked" if permit.revoked else "held"
        super().__init__(f"Epoch {permit.epoch} of {permit.holder} is {state}.")
        self.permit = permit


@dataclass(slots=True)
class Renewals:
    """When this controller first saw each count of renewals: what a holder has was counted from before that."""

    epoch: int = 0
    seen: dict[int, float] = field(default_factory=dict)

    def saw(self, epoch: int, renewals: int, now_s: float) -> None:
        if epoch != self.epoch:
            self.epoch, self.seen = epoch, {}
        self.seen.setdefault(renewals, now_s)
        while len(self.seen) > 64:  # only the newest few can be the last one
            del self.seen[min(self.seen)]

    def first_seen_s(self, epoch: int, renewals: int) -> float | None:
        return self.seen.get(renewals) if epoch == self.epoch else None


async def read(coordination: Coordination, group: str) -> Permit | None:
    """None before the first grant."""
    record = await coordination.read(grant_key(group))
    return Permit.from_json(record.value) if record.value else None


async def renew(coordination: Coordination, group: str, region: RegionName, epoch: Epoch) -> Permit:
    """One more renewal of `region`'s permit of `epoch`. Raises NotYours; Unknown when the store's answer was lost,
    which is no renewal for the asker and perhaps one in the record."""

    def change(permit: Permit) -> Permit:
        if (permit.holder, permit.epoch, permit.revoked) != (region, epoch, False):
            raise NotYours(permit)
        return replace(permit, renewals=permit.renewals + 1)

    return await _swap(coordination, group, None, change)


async def revoke(coordination: Coordination, group: str, lease: Lease, next_epoch: Epoch) -> Permit:
    """Nobody renews below `next_epoch` after this. Returns the revoked permit with its count; again is harmless.

    Refused when a permit of `next_epoch` or a larger one is there already.
    """

    def change(permit: Permit) -> Permit:
        if permit.epoch >= next_epoch:
            raise Refused(
                f"Epoch {permit.epoch} is already granted to {permit.holder}.", "A newer plan has overtaken this one."
            )
        return replace(permit, revoked=True)

    return await _swap(coordination, group, lease, change)


async def list_promisors(
    coordination: Coordination, group: str, lease: Lease, epoch: Epoch, names: Sequence[str]
) -> Permit:
    """Before the holder's agents are told a list: who of it is in every list of this epoch is written down, for a
    revoke is acknowledged by one of those. Refused when nobody would be left; then the list is not told."""

    def change(permit: Permit) -> Permit:
        if permit.epoch != epoch or permit.revoked:
            raise NotYours(permit)
        left = tuple(name for name in (permit.witnesses or names) if name in names)
        if not left:
            raise Refused(
                f"No promisor of epoch {epoch} is left of {', '.join(permit.witnesses)}.",
                "The failsafe stays with those until the writer changes.",
            )
        return replace(permit, witnesses=left)

    return await _swap(coordination, group, lease, change)


async def _swap(
    coordination: Coordination, group: str, lease: Lease | None, change: Callable[[Permit], Permit]
) -> Permit:
    for _ in range(CONFLICTS_MAX):
        record = await coordination.read(grant_key(group))
        if not record.value:
            raise Refused("There is no grant yet.", "Start `farshore watch`.")
        before = Permit.from_json(record.value)
        after = change(before)
        if after == before:
            return after
        try:
            await coordination.swap(lease, record, after.to_json())
            return after
        except Refused:
            if (await coordination.read(grant_key(group))).revision == record.revision:
                raise  # our term is over; nobody else has changed the record
    raise Unknown("The permit's record changes too often to be written.")
