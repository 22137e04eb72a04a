"""The grant: who the writer is, under which epoch. The record `group/NAME/grant` is its store of record."""

import json
from dataclasses import dataclass

from farshore.model.failure import Refused
from farshore.model.region import Epoch, RegionName


@dataclass(frozen=True, slots=True)
class Grant:
    epoch: Epoch
    holder: RegionName

    def to_json(self) -> str:
        return json.dumps({"epoch": self.epoch, "holder": self.holder})

    @classmethod
    def from_json(cls, text: str) -> "Grant":
        try:
            body = json.loads(text)
            return cls(Epoch(int(body["epoch"])), RegionName(str(body["holder"])))
        except (ValueError, KeyError, TypeError) as error:
            raise Refused(
                f"The grant record cannot be read ({error}).", "Restore it from the journal's last `granted` line."
            ) from error
