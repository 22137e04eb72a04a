"""Every port has one suite here. It runs on the fake first and then on every adapter, so that both keep one promise."""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "tidepool" / "api"))

from api_serving import Serving, serving
from clouds import world  # noqa: F401 a fixture
from pairs import PAIRS, Pair
from self_run_pairs import SELF_RUN
from throwaway import why_not

from tidepool.api.limits import Limits

T = TypeVar("T")


@pytest.fixture
def run() -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """One event loop for the whole test, for adapters keep connections that belong to it."""
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path / "api", limits=Limits(per_minute=10**6, per_hour=10**6)) as found:
        yield found


@pytest.fixture(
    params=[
        "fake",
        *(pytest.param(name, marks=pytest.mark.lab) for name in ("mariadb", "postgresql")),
        *(pytest.param(name, marks=[pytest.mark.lab, pytest.mark.long]) for name in SELF_RUN),
    ]
)
def pair(request: pytest.FixtureRequest, tmp_path: Path, run: Callable[[Any], Any]) -> Iterator[Pair]:
    if request.param != "fake" and (reason := why_not()):
        pytest.skip(reason)
    made = (PAIRS | SELF_RUN)[request.param](tmp_path)
    yield made
    run(made.writer.close())
    run(made.replica.close())
    made.stop()
