"""Documentation that is checked: docs/cli.md is what --help says, docs/configuration.md shows every setting."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from farshore.settings import load
from farshore.settings import section as section_module
from farshore.settings.section import Section

ROOT = Path(__file__).parents[3]


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="argparse words its help differently in each Python")
def test_the_cli_reference_is_up_to_date() -> None:
    """Run `python scripts/cli_reference.py` when this fails."""
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "cli_reference.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_configuration_page_shows_every_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's example is loaded; a key that the reader asks for and the example lacks is named."""
    sections: list[Section] = []

    class Noted(Section):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            sections.append(self)

    monkeypatch.setattr(section_module, "Section", Noted)
    monkeypatch.setattr(load, "Section", Noted)
    found = re.search(r"```yaml\n(.*?)```", (ROOT / "docs" / "configuration.md").read_text(), re.DOTALL)
    assert found is not None
    file = tmp_path / "farshore.yaml"
    file.write_text(found[1])
    load.load_settings(file)
    missing = {f"{section._key}.{key}" for section in sections for key in section._asked - set(section._node.entries)}
    assert missing == set()
    assert len(sections) > 8
