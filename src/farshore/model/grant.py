"""The grant: who the writer is, under which epoch. The record `group/NAME/grant` is its store of record."""

import json
from dataclasses import dataclass

from farshore.model.failure import Refused
from farshore.model.group import Group
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


def held(group: Group, text: str) -> Grant:
    """What the store of record says; epoch 1 to the first region while it says nothing.

    Refused when the holder is none of the group's regions: whoever edited the settings meanwhile would get the other
    region taken for the writer.
    """
    if not text:
        return Grant(Epoch(1), group.first.region)
    grant = Grant.from_json(text)
    if grant.holder not in (group.first.region, group.second.region):
        raise Refused(
            f"The store of record grants epoch {grant.epoch} to {grant.holder}, which is none of the group's regions "
            f"{group.first.region} and {group.second.region}.",
            "Correct regions in farshore.yaml, or the group's name or state_file if they are another group's.",
        )
    return grant
