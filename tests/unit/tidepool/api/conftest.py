"""One API per test, with nothing behind it and no delays."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from api_serving import Serving, serving

from tidepool.api.limits import Limits


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path, limits=Limits(per_minute=10**6, per_hour=10**6)) as found:
        yield found
