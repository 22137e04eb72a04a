"""How to renew, from whom, and whom to ask when nobody can: what a controller says with /v1/terms, kept on disk."""

import math
from dataclasses import dataclass, replace

from farshore.model.permit import Gate
from farshore.model.region import Epoch
from farshore.ports.agent_wire import Json

_LIST_MAX = 64
_SECONDS_MAX = 3600.0


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Promisor:
    """An agent of the standby region; which one it is, its certificate proves."""

    name: str
    address: Address


@dataclass(frozen=True, slots=True)
class Terms:
    epoch: Epoch
    d_s: float
    renew_s: float
    soft_s: float
    wait_s: float
    gate: Gate
    relays: tuple[Address, ...] = ()
    promisors: tuple[Promisor, ...] = ()

    def lists(self, agent: str) -> bool:
        return any(promisor.name == agent for promisor in self.promisors)

    def after(self, known: "Terms | None") -> "Terms":
        """What is in force once these have come: under one epoch a promisor, once named, stays one.

        The revoke needs one promisor's word and a renewal those of all, so whoever may have given that word must be
        among those who are asked. A list that shrank or changed could leave him out; the union never does.
        """
        if known is None or known.epoch != self.epoch:
            return self
        named = {promisor.name for promisor in self.promisors}
        return replace(self, promisors=(*self.promisors, *(gone for gone in known.promisors if gone.name not in named)))


def terms_from_json(value: object) -> Terms:
    """Raises ValueError with one sentence. `value` is the body of /v1/terms, or what terms_to_json made."""
    if not isinstance(value, dict):
        raise ValueError("Terms are a JSON object.")
    permit = value.get("permit")
    if not isinstance(permit, dict):
        raise ValueError("The field permit is a JSON object.")
    epoch = value.get("epoch")
    if isinstance(epoch, bool) or not isinstance(epoch, int) or epoch < 0:
        raise ValueError("The field epoch is a whole number, not negative.")
    try:
        gate = Gate(str(permit.get("gate")))
    except ValueError:
        raise ValueError("The field permit.gate is trigger, kernel or none.") from None
    terms = Terms(
        epoch=Epoch(epoch),
        d_s=_seconds(permit, "d_s"),
        renew_s=_seconds(permit, "renew_s"),
        soft_s=_seconds(permit, "soft_s"),
        wait_s=_seconds(permit, "wait_s"),
        gate=gate,
        relays=tuple(address_from_text(relay, "relays") for relay in _list(value, "relays")),
        promisors=tuple(_promisor(promisor) for promisor in _list(value, "promisors")),
    )
    if not terms.renew_s < terms.d_s or not terms.soft_s < terms.d_s or terms.wait_s < terms.d_s:
        raise ValueError("Of a permit's terms, renew_s and soft_s are less than d_s, and wait_s is not.")
    return terms


def terms_to_json(terms: Terms) -> Json:
    return {
        "epoch": int(terms.epoch),
        "permit": {
            "d_s": terms.d_s,
            "renew_s": terms.renew_s,
            "soft_s": terms.soft_s,
            "wait_s": terms.wait_s,
            "gate": terms.gate.value,
        },
        "relays": [str(relay) for relay in terms.relays],
        "promisors": [{"name": item.name, "address": str(item.address)} for item in terms.promisors],
    }


def address_from_text(text: object, field: str) -> Address:
    """HOST:PORT. Raises ValueError."""
    host, colon, port = text.rpartition(":") if isinstance(text, str) else ("", "", "")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not (port.isascii() and port.isdecimal()) or not 0 < int(port) < 65536:
        raise ValueError(f"Each of the field {field} is HOST:PORT.")
    return Address(host, int(port))


def seconds(value: object, field: str) -> float:
    """Raises ValueError. Longer than an hour is a mistake in a unit."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"The field {field} is a number of seconds.")
    if not math.isfinite(value) or not 0 < value <= _SECONDS_MAX:
        raise ValueError(f"The field {field} is more than 0 and at most {_SECONDS_MAX:g} seconds.")
    return float(value)


def _seconds(permit: Json, key: str) -> float:
    return seconds(permit.get(key), f"permit.{key}")


def _promisor(value: object) -> Promisor:
    name = value.get("name") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(name, str) or not name:
        raise ValueError("Each of the field promisors has a name and an address.")
    return Promisor(name, address_from_text(value.get("address"), "promisors"))


def _list(value: Json, key: str) -> list[object]:
    items = value.get(key)
    if not isinstance(items, list) or len(items) > _LIST_MAX:
        raise ValueError(f"The field {key} is a list of at most {_LIST_MAX}.")
    return items
