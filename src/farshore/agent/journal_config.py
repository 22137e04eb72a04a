"""The part of agent.json about the order journal: which stores keep one, and where the shop finds this agent."""

from dataclasses import dataclass
from pathlib import Path

from farshore.model.order_journal import JournalPolicy, JournalTerms

_LIMITS = {"timeout_ms": (10, 60000), "keep_days": (1, 36500), "max_mb": (1, 1048576)}


@dataclass(frozen=True, slots=True)
class JournalConfig:
    stores: tuple[tuple[str, JournalTerms], ...] = ()
    socket: Path = Path("/run/farshore/journal.sock")
    group: str = "www-data"  # the shop's: it may connect

    @property
    def on(self) -> bool:
        return any(terms.on for _, terms in self.stores)


def journal_config(value: object, socket: Path) -> JournalConfig:
    """`socket` is where it is when nothing else is said. Raises ValueError with one sentence."""
    if value is None:
        return JournalConfig(socket=socket)
    if not isinstance(value, dict) or set(value) - {"stores", "socket", "group"}:
        raise ValueError("The key journal holds stores, socket and group.")
    stores = value.get("stores", {})
    if not isinstance(stores, dict):
        raise ValueError("The key journal.stores holds the stores by name.")
    group = value.get("group", "www-data")
    if not isinstance(group, str) or not group:
        raise ValueError("The key journal.group is a group's name.")
    return JournalConfig(
        tuple((str(name), _terms(name, terms)) for name, terms in sorted(stores.items())),
        Path(str(value.get("socket", socket))),
        group,
    )


def _terms(name: object, value: object) -> JournalTerms:
    if not isinstance(name, str) or not name or "/" in name or name.startswith("."):
        raise ValueError("A store of the key journal.stores has no good name.")
    if not isinstance(value, dict) or value.get("policy") not in tuple(JournalPolicy):
        raise ValueError(f"The policy of {name} in journal.stores is off, open or closed.")
    numbers: dict[str, int] = {}
    for key, (low, high) in _LIMITS.items():
        number = value.get(key, getattr(JournalTerms(), key))
        if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
            raise ValueError(f"The key {key} of {name} in journal.stores is a whole number from {low} to {high}.")
        numbers[key] = number
    return JournalTerms(JournalPolicy(value["policy"]), **numbers)
