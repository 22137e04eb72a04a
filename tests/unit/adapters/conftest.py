"""The lab's API in memory, for the adapter that speaks to it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "tidepool" / "api"))

from api_serving import Serving, serving

from tidepool.api.limits import Limits


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path / "api", limits=Limits(per_minute=10**6, per_hour=10**6)) as found:
        yield found
