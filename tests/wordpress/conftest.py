"""One PHP and one WordPress for all tests of this folder: each test says first what state it wants."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from wordpress_site import Box, Site, open_box, open_site, why_not


@pytest.fixture(scope="session")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """PHP alone."""
    if reason := why_not():
        pytest.skip(reason)
    made = open_box(tmp_path_factory.mktemp("php"))
    yield made
    made.stop()


@pytest.fixture(scope="session")
def running_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if reason := why_not():
        pytest.skip(reason)
    made = open_site(tmp_path_factory.mktemp("wordpress"))
    yield made
    made.stop()


@pytest.fixture
def site(running_site: Site) -> Site:
    """The writer, with a permit for a minute."""
    running_site.open()
    return running_site


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """They need servers of their own and no lab, so they run in the half that does not wait for labs."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("beside")
