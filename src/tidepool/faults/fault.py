"""What every kind of fault offers, and what it works on."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from tidepool.api.faults import Faults as ApiFaults
from tidepool.lab.home import LabError
from tidepool.lab.lab import Lab

Options = Mapping[str, str]


class StillHeldError(LabError):
    """Another fault must go first; nothing was changed, and this one stays in force."""


@dataclass(slots=True)
class World:
    """`holds` counts the faults that keep a thing broken, so that mending one of two leaves it broken."""

    lab: Lab
    api: ApiFaults
    holds: Counter[tuple[str, ...]] = field(default_factory=Counter)
    running: dict[str, tuple[asyncio.Event, asyncio.Task[None]]] = field(default_factory=dict)  # by fault: its end, it

    def hold(self, *thing: str) -> bool:
        """True if nothing held it before."""
        self.holds[thing] += 1
        return self.holds[thing] == 1

    def release(self, *thing: str) -> bool:
        """True if nothing holds it any more. What was never held (it is younger than the fault) is not ours to mend."""
        if self.holds[thing] <= 0:
            return False
        self.holds[thing] -= 1
        return self.holds[thing] == 0


class Fault(Protocol):
    """One fault. Its constructor (`parse`) checks every word and changes nothing."""

    async def inject(self, world: World, fault_id: str) -> None:
        """In force when it returns."""
        ...

    async def heal(self, world: World, fault_id: str) -> None:
        """Mended when it returns, except for what needs a moment to boot."""
        ...


def choice(options: Options, key: str, allowed: tuple[str, ...]) -> str:
    """The option's value; the first of `allowed` is the default."""
    value = options.get(key, allowed[0])
    if value not in allowed:
        raise LabError(f"{key}={value} is not offered; use {', '.join(f'{key}={word}' for word in allowed)}")
    return value


def refuse_unknown(kind: str, options: Options, *known: str) -> None:
    for key in options:
        if key not in known:
            offered = ", ".join(known) if known else "none"
            raise LabError(f"a {kind} fault has no option {key!r}; its options: {offered}")
