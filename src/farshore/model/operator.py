"""The operator's last word, as the record `group/NAME/operator` holds it. The CLI writes it, the leader obeys."""

import json
from dataclasses import dataclass
from enum import StrEnum

from farshore.model.failure import Refused


class Word(StrEnum):
    NOTHING = "nothing"
    PAUSE = "pause"  # automation begins nothing any more
    RESUME = "resume"
    APPROVE = "approve"  # go on with what was asked; a stuck plan is tried again
    FAILOVER = "failover"  # fail over now, whatever the doors say
    SWITCHOVER = "switchover"  # move the writer as planned, with nothing lost
    REBUILD = "rebuild"  # make the old region a standby again
    ABORT = "abort"  # stop the plan and reopen the region that holds the grant
    TAKE_OVER = "take-over"  # `step` was done by hand


@dataclass(frozen=True, slots=True)
class OperatorWord:
    """`paused` is carried along, so that a later word does not silently resume automation."""

    word: Word = Word.NOTHING
    who: str = ""
    at: str = ""  # wall clock, for humans
    step: str = ""  # for TAKE_OVER
    plan: str = ""  # checksum that FAILOVER approves; empty: whatever plan there is
    paused: bool = False
    revision: int = 0  # of the record: a word is obeyed once
    accept_loss: bool = False  # FAILOVER: what the standby lacks may be lost, although the writer serves
    loss_s: float | None = None  # the loss that was named when it was accepted, in seconds; None: said to be unknown

    def to_json(self) -> str:
        return json.dumps(
            {
                "word": self.word,
                "who": self.who,
                "at": self.at,
                "step": self.step,
                "plan": self.plan,
                "accept_loss": self.accept_loss,
                "loss_s": self.loss_s,
                "paused": self.paused,
            }
        )

    @classmethod
    def from_json(cls, text: str, revision: int) -> "OperatorWord":
        """The word in a record's value; an empty value is no word. Refused when it cannot be read."""
        if not text:
            return cls(revision=revision)
        try:
            body = json.loads(text)
            return cls(
                word=Word(body["word"]),
                who=str(body.get("who", "")),
                at=str(body.get("at", "")),
                step=str(body.get("step", "")),
                plan=str(body.get("plan", "")),
                accept_loss=bool(body.get("accept_loss", False)),
                loss_s=None if body.get("loss_s") is None else float(body["loss_s"]),
                paused=bool(body.get("paused", False)),
                revision=revision,
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Refused(
                f"The operator's record cannot be read ({error}).", "Write it again with `farshore pause` or `resume`."
            ) from error
