"""Promises not to open: what this agent must still keep, across restarts, and what it may not promise any more. Pure.

A promise is given to the holder of an epoch by an agent that could be opened under the next one. It is counted on
CLOCK_BOOTTIME; the clocks of two boots cannot be compared, so after a reboot, or with a memory that cannot be read, the
whole of it is counted again. An agent without memory may have promised a moment ago: it behaves as if it had. It may
also have acknowledged a revoke, so it promises nothing before it has read the store of record: two writers else.
"""

import json
from dataclasses import dataclass, replace

from farshore.agent.terms import Terms, seconds
from farshore.model.region import Endpoint, Epoch, Role

NEVER = Epoch(0)
FIRST = Epoch(1)


@dataclass(frozen=True, slots=True)
class Promise:
    epoch: Epoch  # 0: not known whether there was one, because nothing is remembered
    made_ns: int
    wait_s: float | None  # None: the W of the terms, which may not have come yet
    boot: str


@dataclass(frozen=True, slots=True)
class Promises:
    promise: Promise | None
    revoked: Epoch = NEVER  # nothing is promised for this epoch or a smaller one
    ended: Epoch = NEVER  # the store of record said 409 under it: never asked for again
    read: bool = True  # False: this memory is younger than what it may have forgotten; the store of record knows

    def left_s(self, terms: Terms | None, now_ns: int) -> float | None:
        """Until this agent may open; 0 when it may, None when it cannot know because it was never told W."""
        promise = self.promise
        if promise is None:
            return 0.0
        wait_s = promise.wait_s if promise.wait_s is not None else (terms.wait_s if terms else None)
        return None if wait_s is None else max(0.0, wait_s - (now_ns - promise.made_ns) / 1e9)

    def opening(self, epoch: Epoch, terms: Terms | None, now_ns: int) -> float | None:
        """As left_s, for a writer of this epoch.

        The first epoch waits for nothing that is merely not known: a promise is given to the holder of an epoch who
        stands elsewhere, and before the first epoch there is none. So a new group opens at once.
        """
        if epoch <= FIRST and self.promise is not None and self.promise.epoch == NEVER:
            return 0.0
        return self.left_s(terms, now_ns)

    def refusal(self, epoch: Epoch, agent: str, terms: Terms | None, endpoint: Endpoint | None) -> str:
        """Why nothing is promised for this epoch; empty when it is."""
        if epoch <= self.revoked:
            return f"Epoch {epoch} was revoked; nothing is promised for it any more."
        if endpoint is not None and endpoint.role == Role.WRITER:
            return f"This agent serves the writer of epoch {endpoint.epoch}; it cannot promise to stay closed."
        if terms is None or terms.epoch != epoch or not terms.lists(agent):
            return f"This agent was not told that it is a promisor of epoch {epoch}."
        if not self.read:
            return "This agent remembers nothing yet and promises nothing before it has read the store of record."
        return ""

    def promised(self, epoch: Epoch, wait_s: float, terms: Terms, boot: str, now_ns: int) -> "Promises":
        """Never shorter than what was promised before, nor than W."""
        longest_s = max(wait_s, terms.wait_s, self.left_s(terms, now_ns) or 0.0)
        return replace(self, promise=Promise(epoch, now_ns, longest_s, boot))

    def opened(self) -> "Promises":
        """Opened under an epoch that broke no promise: what was promised before it is done with."""
        return replace(self, promise=None)

    def revoke(self, epoch: Epoch) -> "Promises":
        return replace(self, revoked=max(self.revoked, epoch))

    def end(self, epoch: Epoch) -> "Promises":
        return replace(self, ended=max(self.ended, epoch))

    def has_read(self, epoch: Epoch, revoked: bool) -> "Promises":
        """What the store of record said after this memory began. A later revoke reaches it before us."""
        return replace(self.revoke(epoch if revoked else Epoch(max(0, epoch - 1))), read=True)

    def ago_s(self, now_ns: int) -> float | None:
        """Since the last promise, or what must count as one; None when there was none."""
        return None if self.promise is None else max(0.0, (now_ns - self.promise.made_ns) / 1e9)

    def to_json(self) -> str:
        promise = self.promise
        return json.dumps(
            {
                "promise": None
                if promise is None
                else {
                    "epoch": int(promise.epoch),
                    "made_ns": promise.made_ns,
                    "wait_s": promise.wait_s,
                    "boot": promise.boot,
                },
                "revoked": int(self.revoked),
                "ended": int(self.ended),
                "read": self.read,
            }
        )


def recalled(text: str | None, boot: str, now_ns: int) -> Promises:
    """`text` is what lay on disk; None for nothing. Raises ValueError when unreadable: then `forgotten` holds."""
    if text is None:
        return forgotten(boot, now_ns)
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("Promises are a JSON object.")
    promises = Promises(
        _promise(value.get("promise")),
        _epoch(value.get("revoked")),
        _epoch(value.get("ended")),
        value.get("read") is True,
    )
    promise = promises.promise
    if promise is not None and (promise.boot != boot or promise.made_ns > now_ns):
        promises = replace(promises, promise=replace(promise, made_ns=now_ns, boot=boot))
    return promises


def forgotten(boot: str, now_ns: int) -> Promises:
    return Promises(Promise(NEVER, now_ns, None, boot), read=False)


def _promise(value: object) -> Promise | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ValueError("A promise is a JSON object.")
    made_ns, wait_s, boot = value.get("made_ns"), value.get("wait_s"), value.get("boot")
    if isinstance(made_ns, bool) or not isinstance(made_ns, int) or not isinstance(boot, str):
        raise ValueError("A promise has made_ns and boot.")
    return Promise(_epoch(value.get("epoch")), made_ns, None if wait_s is None else seconds(wait_s, "wait_s"), boot)


def _epoch(value: object) -> Epoch:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("An epoch is a whole number, not negative.")
    return Epoch(value)
