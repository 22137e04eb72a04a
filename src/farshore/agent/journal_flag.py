"""/run/farshore/unreconciled: while it is there, the shop takes no webhooks, for an order may be missing still.

It lists the stores that wait. What it says is kept on disk too, for /run is empty after a reboot.
"""

import json
from pathlib import Path

from farshore.agent.memory import MemoryFull, replace_durably
from farshore.model.region import Epoch
from farshore.ports.agent_wire import Json

_NEVER = Epoch(0)


class Unreconciled:
    def __init__(self, path: Path, kept: Path) -> None:
        self._path = path
        self._kept = kept
        self.epoch = _NEVER
        self.stores: tuple[str, ...] = ()
        self._pointed = _NEVER  # terms and revokes carry an epoch too; this one is of the last endpoint

    def start(self, pointed: Epoch) -> str:
        """As before the restart. `pointed`: the endpoint's epoch, for an agent that kept no flag until now.

        Empty, or one sentence about what is wrong.
        """
        self._pointed = pointed
        try:
            value = json.loads(self._kept.read_text())
            self.epoch, self.stores = Epoch(int(value["epoch"])), tuple(str(store) for store in value["stores"])
            self._pointed = max(pointed, Epoch(int(value.get("pointed", 0))))
            self._show()
        except FileNotFoundError:
            return ""
        except (OSError, ValueError, KeyError, TypeError, MemoryFull) as error:
            return f"Whether orders wait for reconciliation is not known: {self._kept} is unreadable ({error})."
        return ""

    def pointed(self, epoch: Epoch, stores: tuple[str, ...]) -> None:
        """Before the endpoint file says so. `stores` wait from now on if the epoch is a new one. Raises MemoryFull.

        An agent that was never pointed before is new, and has nothing to say about what was before it.
        """
        if epoch <= self._pointed:
            return
        if stores and self._pointed:
            self.epoch, self.stores = epoch, stores
        self._pointed = epoch
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
        replace_durably(self._kept, json.dumps({**self._body(), "pointed": int(self._pointed)}))

    def _show(self) -> None:
        if self.stores:
            replace_durably(self._path, json.dumps(self._body()) + "\n", mode=0o644)
            return
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise MemoryFull(f"The file {self._path} cannot be removed: {error.strerror}.") from error

    def _body(self) -> Json:
        return {"epoch": int(self.epoch), "stores": list(self.stores)}
