"""/run/farshore/unreconciled: while it is there, the shop takes no webhooks, for an order may be missing still.

It lists the stores that wait. What it says is kept on disk too, for /run is empty after a reboot.
"""

import json
from pathlib import Path

from farshore.agent.memory import MemoryFull, replace_durably
from farshore.model.region import Epoch

_NEVER = Epoch(0)


class Unreconciled:
    def __init__(self, path: Path, kept: Path) -> None:
        self._path = path
        self._kept = kept
        self.epoch = _NEVER
        self.stores: tuple[str, ...] = ()

    def start(self) -> str:
        """As before the restart. Empty, or one sentence about what is wrong."""
        try:
            value = json.loads(self._kept.read_text())
            self.epoch, self.stores = Epoch(int(value["epoch"])), tuple(str(store) for store in value["stores"])
            self._show()
        except FileNotFoundError:
            return ""
        except (OSError, ValueError, KeyError, TypeError, MemoryFull) as error:
            return f"Whether orders wait for reconciliation is not known: {self._kept} is unreadable ({error})."
        return ""

    def raise_for(self, epoch: Epoch, stores: tuple[str, ...]) -> None:
        """Before the shop is told that it sells. Raises MemoryFull."""
        if not stores or epoch <= self.epoch:
            return
        self.epoch, self.stores = epoch, stores
        self._keep()
        self._show()

    def lower_for(self, epoch: Epoch, store: str) -> bool:
        """Whether none waits any more. Raises ValueError for an epoch before the one that waits, and MemoryFull."""
        if self.stores and epoch < self.epoch:
            raise ValueError(f"Epoch {epoch} is over: orders of epoch {self.epoch} wait for reconciliation.")
        left = tuple(waiting for waiting in self.stores if waiting != store)
        if left != self.stores:
            self.stores = left
            self._keep()
        self._show()
        return not left

    def _keep(self) -> None:
        replace_durably(self._kept, self._text())

    def _show(self) -> None:
        if self.stores:
            replace_durably(self._path, self._text(), mode=0o644)
            return
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise MemoryFull(f"The file {self._path} cannot be removed: {error.strerror}.") from error

    def _text(self) -> str:
        return json.dumps({"epoch": int(self.epoch), "stores": list(self.stores)}) + "\n"
