"""What a drill says when `farshore check` cannot even begin, without a lab."""

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from farshore.drills import ours
from farshore.drills.command import Progress
from farshore.model.failure import Refused


class _Lab:
    name = "drill"

    def inside(self, *argv: str) -> list[str]:
        return ["sh", "-c", "echo '/x/farshore.yaml: there is no such file' >&2; exit 2"]


def test_a_check_that_could_not_begin_is_quoted(tmp_path: Path) -> None:
    """It prints no JSON then; reading some would end the drill in a traceback, after a minute of waiting."""
    farshore = ours.Farshore(cast(Any, _Lab()), cast(Any, None), tmp_path, Progress(quiet=True))
    with pytest.raises(Refused, match="there is no such file"):
        asyncio.run(farshore._check())
