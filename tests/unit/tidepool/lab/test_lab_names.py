"""Names and paths of a lab."""

from pathlib import Path

import pytest

from tidepool.lab.home import LabError, LabFolder


def test_labs_of_different_names_or_homes_never_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the kernel keeps is marked by the folder's path."""
    one, two = LabFolder.named("one"), LabFolder.named("two")
    monkeypatch.setenv("TIDEPOOL_HOME", "/elsewhere")
    assert LabFolder.named("one").path == Path("/elsewhere/labs/one")
    assert len({one.mark, two.mark, LabFolder.named("one").mark}) == 3
    assert one.netns("web").startswith(one.mark + "-")


@pytest.mark.parametrize("name", ["", "UPPER", "a/b", "../x", "-a", "a" * 21, "a b", "a\n"])
def test_a_bad_name_is_refused(name: str) -> None:
    """It becomes a path: nothing outside the folder of labs may be named."""
    with pytest.raises(LabError, match="not a lab's name"):
        LabFolder.named(name)
