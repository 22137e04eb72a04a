"""What the agent knows of permit and promises, and keeps on disk.

What was promised or revoked is on disk before it is said; what makes this agent stricter holds at once, even when the
disk is full.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from farshore.agent import permit_rules
from farshore.agent.clocks import AgentClock
from farshore.agent.memory import Memory, MemoryFull, replace_durably
from farshore.agent.promises import NEVER, Promises, forgotten, recalled
from farshore.agent.terms import Terms, terms_from_json, terms_to_json
from farshore.model.region import Endpoint, Epoch, Role
from farshore.ports.agent_wire import endpoint_from_json, endpoint_to_json

T = TypeVar("T")


class PermitMemory:
    def __init__(self, memory: Memory, clock: AgentClock) -> None:
        """Reads what is on disk; what cannot be read is told in memory.warnings and taken for the worst."""
        self._memory = memory
        self._state = memory.state
        self._heard = NEVER  # larger than the epoch on disk when that could not be written
        self.terms: Terms | None = self._read("terms.json", terms_from_json)
        self.writer: Endpoint | None = self._read("writer.json", endpoint_from_json)
        self.promises = self._recall_promises(clock)

    # what the renewing loop asks

    def writing(self) -> Endpoint | None:
        """The file is what the shop reads, so the file is the truth."""
        self._memory.reread_endpoint()
        endpoint = self._memory.endpoint
        heard = max(self._memory.epoch, self._heard)
        return endpoint if permit_rules.may_renew(endpoint, heard, self.promises.ended, self.terms) else None

    def end(self, epoch: Epoch) -> None:
        self.promises = self.promises.end(epoch)
        try:
            self._write_promises()
        except MemoryFull:
            return  # it holds until this process ends, and the store of record says it again to the next

    def unread(self) -> bool:
        return not self.promises.read

    def has_read(self, epoch: Epoch, revoked: bool) -> None:
        promises = self.promises.has_read(epoch, revoked)
        try:
            replace_durably(self._state / "promises.json", promises.to_json())
        except MemoryFull:
            return  # it will be read again
        self.promises = promises

    # what commands change; each raises MemoryFull

    def hear(self, epoch: Epoch) -> None:
        """Somebody who may say so says that this epoch has begun."""
        self._heard = max(self._heard, epoch)

    def keep_terms(self, terms: Terms) -> None:
        self._memory.keep_epoch(terms.epoch)
        terms = terms.after(self.terms)
        if terms != self.terms:
            replace_durably(self._state / "terms.json", json.dumps(terms_to_json(terms)))
            self.terms = terms

    def keep_stricter(self, promises: Promises) -> None:
        self.promises = promises
        self._write_promises()

    def keep_opened(self, endpoint: Endpoint) -> None:
        """Before the endpoint file says writer."""
        if endpoint != self.writer:
            replace_durably(self._state / "writer.json", json.dumps(endpoint_to_json(endpoint)))
            self.writer = endpoint
        if self.promises.promise is not None:
            replace_durably(self._state / "promises.json", self.promises.opened().to_json())
            self.promises = self.promises.opened()

    def _write_promises(self) -> None:
        replace_durably(self._state / "promises.json", self.promises.to_json())

    def _recall_promises(self, clock: AgentClock) -> Promises:
        path, boot, now_ns = self._state / "promises.json", clock.boot(), clock.now().boot_ns
        text: str | None = None
        try:
            text = path.read_text() if path.exists() else None
            promises = recalled(text, boot, now_ns)
        except (OSError, ValueError) as error:
            self._memory.warnings.append(f"The file {path} is unreadable; this agent waits before it opens: {error}")
            # It may have held a revoke of the epoch that we know.
            promises = forgotten(boot, now_ns).revoke(self._memory.epoch)
        open_now = self._memory.endpoint is not None and self._memory.endpoint.role == Role.WRITER
        if open_now:  # whoever is open keeps no promise not to be
            promises = promises.opened()
        if promises.to_json() != text:
            try:
                replace_durably(path, promises.to_json())
            except MemoryFull as error:
                self._memory.warnings.append(str(error))
        return promises

    def _read(self, name: str, parse: Callable[[object], T]) -> T | None:
        path: Path = self._state / name
        try:
            return parse(json.loads(path.read_text()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            self._memory.warnings.append(f"The file {path} is unreadable and was ignored: {error}")
            return None
