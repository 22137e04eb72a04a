"""What `up` and `env` refuse before they touch the machine."""

from pathlib import Path

import pytest

from tidepool.lab.home import LabError, LabFolder
from tidepool.lab.launch import facts, up


def test_a_home_too_deep_for_sockets_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """At once and with the remedy, not with an OSError half way up."""
    monkeypatch.setenv("TIDEPOOL_HOME", str(tmp_path / ("x" * 120)))
    with pytest.raises(LabError, match="choose a shorter TIDEPOOL_HOME"):
        up(LabFolder.named("one"), [], print)


def test_env_of_a_lab_that_is_not_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TIDEPOOL_HOME", str(tmp_path))
    with pytest.raises(LabError, match="is not up; start it with `tidepool up --name one`"):
        facts(LabFolder.named("one"))
    assert list(tmp_path.iterdir()) == []
