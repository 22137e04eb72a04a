"""The permit's model: what the design claims holds in every state, and each deliberate mistake breaks it (model/)."""

import importlib.util
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
_spec = importlib.util.spec_from_file_location("check_model", ROOT / "scripts" / "check_model.py")
assert _spec is not None
assert _spec.loader is not None
model = importlib.util.module_from_spec(_spec)
sys.modules["check_model"] = model
_spec.loader.exec_module(model)

SMALL = [configuration for configuration in model.configurations() if configuration.small]
CASES = [
    pytest.param(configuration, asked, id="-".join([configuration.name, *asked.values()]).replace(" ", "_"))
    for configuration in SMALL
    for asked in model.runs(configuration)
]
NEEDS_SPIN = [
    pytest.mark.slow,
    pytest.mark.skipif(
        any(shutil.which(tool) is None for tool in model.TOOLS), reason="needs spin and gcc: run `make setup`"
    ),
]


@pytest.fixture(scope="module")
def checker_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Any], Path]:
    """The compiled checker of a configuration, built once."""
    built: dict[str, Path] = {}

    def checker(configuration: Any) -> Path:
        if configuration.name not in built:
            built[configuration.name] = model.build(configuration, tmp_path_factory.mktemp("checker"))
        return built[configuration.name]

    return checker


class TestSpin:
    """Needs the model checker."""

    pytestmark = NEEDS_SPIN

    @pytest.mark.parametrize(("configuration", "asked"), CASES)
    def test_the_table_is_true(
        self, checker_of: Callable[[Any], Path], configuration: Any, asked: dict[str, str]
    ) -> None:
        """The design holds in every state; each mutant breaks a claim it should; each goal can be reached."""
        _, surprise = model.check(configuration, checker_of(configuration), asked)
        assert surprise == ""


def test_every_mutant_is_asked_for() -> None:
    """A mistake that the model offers and nobody tries proves nothing; nor does one that no test would miss."""
    tried = {name for configuration in SMALL for name in (*configuration.killed, *configuration.safe)}
    assert set(model.numbers("mutants")) == tried


def test_every_goal_is_asked_for() -> None:
    assert set(model.numbers("goals")) == {name for configuration in SMALL for name in configuration.reaches}


def test_every_claim_is_named_and_broken_by_somebody() -> None:
    """A claim that no mistake can break might as well not be there."""
    source = model.MODEL.read_text()
    labels = set(model.claims().values())
    assert set(re.findall(r"/\* (I\d)", source)) == {label.partition("_")[0] for label in labels}
    assert labels == {label for configuration in SMALL for broken in configuration.killed.values() for label in broken}


def test_every_mutant_and_claim_is_explained() -> None:
    page = (ROOT / "docs" / "permit.md").read_text()
    assert [name for name in model.numbers("mutants") if f"`{name}`" not in page] == []
    assert [label for label in model.claims().values() if label.partition("_")[0] not in page] == []
