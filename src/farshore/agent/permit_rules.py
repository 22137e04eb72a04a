"""What a permit is worth, what an answer to a renewal means, whom to ask next and when. Pure: times go in and come out.

docs/architecture.md, "The permit, from the store of record to the order"; the argument is that of W in model/permit.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from farshore.agent.clocks import Clocks
from farshore.agent.terms import Address, Terms
from farshore.model.region import Endpoint, Epoch, RegionName, Role

_SHUNNED_ROUNDS = 10
_LIMIT_MAX_S = 3.0
_LIMIT_MIN_S = 0.1


@dataclass(frozen=True, slots=True)
class HeldPermit:
    """What this app server holds of the group's permit."""

    epoch: Epoch
    region: RegionName
    until: Clocks
    soft_ns: int

    def left_s(self, now: Clocks) -> float:
        """The clock that says less is believed. Negative once it has run out."""
        return min(self.until.boot_ns - now.boot_ns, self.until.mono_ns - now.mono_ns) / 1e9


class Word(StrEnum):
    """What one answer says of the permit."""

    RENEWED = "renewed"
    ENDED = "ended"  # an answer: not ours any more under this epoch
    STORE_OUT = "store_out"  # a controller lives, its store of record cannot be reached
    SILENT = "silent"  # nobody there, or nothing that says anything of the permit


@dataclass(frozen=True, slots=True)
class Pace:
    """Limits, in seconds, of one round. A round in which everybody hangs must leave time for several more within D."""

    database_s: float  # to read its clock, and again to write the row
    step_s: float  # then the next relay is asked too, while the last one may still answer
    relays_s: float
    promisors_s: float
    retry_s: float  # after a round without a renewal

    @property
    def round_s(self) -> float:
        return 2 * self.database_s + self.relays_s + self.promisors_s


def renewed(epoch: Epoch, region: RegionName, before: Clocks, terms: Terms) -> HeldPermit:
    """`before` was read before the renewal was sent: what happened since makes the permit shorter, never longer."""
    d_ns = int(terms.d_s * 1e9)
    return HeldPermit(epoch, region, Clocks(before.boot_ns + d_ns, before.mono_ns + d_ns), int(terms.soft_s * 1e9))


def word(status: int | None) -> Word:
    """Of an answer whose nonce was right; None for no answer. Anything but a 200 is no renewal."""
    return {200: Word.RENEWED, 409: Word.ENDED, 503: Word.STORE_OUT}.get(status or 0, Word.SILENT)


def failsafe_may(words: Iterable[Word], endpoint: Endpoint, terms: Terms, agent: str) -> bool:
    """Only when the store of record is out of reach, and never for a list that was not made for this epoch, or that
    names the asker: he cannot promise himself to stay closed."""
    return (
        all(said in (Word.SILENT, Word.STORE_OUT) for said in words)
        and terms.epoch == endpoint.epoch
        and bool(terms.promisors)
        and not terms.lists(agent)
    )


def all_promised(promised: Mapping[str, bool], terms: Terms) -> bool:
    """Each promisor, by name. The revoke has one of them on its side, and it cannot be known which."""
    return bool(terms.promisors) and all(promised.get(promisor.name) is True for promisor in terms.promisors)


def ended_by_promisor(status: int | None, body: Mapping[str, object], epoch: Epoch) -> bool:
    """A promisor's 409 ends the epoch for good when it was revoked there or is over; one who was not told that he is
    a promisor merely does not promise."""
    if status != 409:
        return False
    seen = body.get("epoch")
    return body.get("revoked") is True or (isinstance(seen, int) and seen > epoch)


def record_of(status: int | None, body: Mapping[str, object]) -> tuple[Epoch, bool] | None:
    """Epoch, and whether it is revoked: what the store of record told somebody who is not the holder."""
    epoch, revoked = body.get("epoch"), body.get("revoked")
    if status != 409 or isinstance(epoch, bool) or not isinstance(epoch, int) or not isinstance(revoked, bool):
        return None
    return Epoch(epoch), revoked


def may_renew(endpoint: Endpoint | None, heard: Epoch, ended: Epoch, terms: Terms | None) -> bool:
    return (
        endpoint is not None
        and endpoint.role == Role.WRITER
        and terms is not None
        and endpoint.epoch >= heard
        and endpoint.epoch > ended
    )


def pace(terms: Terms) -> Pace:
    """Between a renewal's due time and the moment when no checkout is admitted any more lies `slack`: a whole round
    fits into it, so that the first relay may hang and no shopper notices. Terms that leave none: a tenth of D."""
    slack_s = max(terms.d_s - terms.soft_s - terms.renew_s, terms.d_s / 10)
    relays_s = _within(0.4 * slack_s)
    return Pace(
        database_s=_within(0.15 * slack_s),
        step_s=relays_s / (len(terms.relays) + 1),
        relays_s=relays_s,
        promisors_s=_within(0.3 * slack_s),
        retry_s=min(terms.renew_s, slack_s) / 4,
    )


def next_round_s(sent_s: float, now_s: float, terms: Terms, done: bool) -> float:
    """How long to wait. A renewal is due renew_s after the last one was sent; a failed one soon after it failed."""
    if done:
        return max(0.0, sent_s + terms.renew_s - now_s)
    return pace(terms).retry_s


def in_order(relays: Sequence[Address], shunned_until_s: Mapping[Address, float], now_s: float) -> tuple[Address, ...]:
    """As told, controllers first, but those that lately left us waiting come last."""
    return tuple(sorted(relays, key=lambda relay: shunned_until_s.get(relay, now_s) > now_s))


def shunned(terms: Terms, now_s: float) -> float:
    return now_s + _SHUNNED_ROUNDS * terms.renew_s


def _within(seconds: float) -> float:
    return min(_LIMIT_MAX_S, max(_LIMIT_MIN_S, seconds))
