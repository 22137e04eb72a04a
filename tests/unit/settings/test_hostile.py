"""Whatever is in farshore.yaml, the answer is settings or one sentence; and names that enter are harmless."""

import re
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from test_bad_settings import GOOD

from farshore.settings import names
from farshore.settings.load import load_settings
from farshore.settings.problem import BadSettings

HOSTILE = [
    "\n",
    "\0",
    "'",
    '"',
    "`",
    "$(x)",
    ";",
    "{{",
    "}}",
    "\\",
    "\u2028",
    "é",
    "&a",
    "*a",
    "!!x",
    "- ",
    ": ",
    "#",
    "[",
    "{",
    "|",
    ">",
]
UNSAFE = re.compile(r"[\s'\"`$;&|<>\\{}()*!\x00]")


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(GOOD)), st.integers(0, 12), st.lists(st.sampled_from(HOSTILE), max_size=4).map("".join))
def test_a_damaged_file_is_settings_or_a_sentence(at: int, cut: int, put: str) -> None:
    """Nothing else is raised, and the sentence is one line that names the file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "farshore.yaml"
        file.write_text(GOOD[:at] + put + GOOD[at + cut :])
        said = ""
        try:
            load_settings(file)
        except BadSettings as error:
            said = str(error)
        assert said == "" or said.startswith(str(file))
        assert "\n" not in said


@settings(max_examples=500, deadline=None)
@given(
    st.text(max_size=40) | st.lists(st.sampled_from([*HOSTILE, "a", "nyc3", "shop", ".", "-"]), max_size=5).map("".join)
)
def test_a_name_that_enters_needs_no_quoting(text: str) -> None:
    """Every rule's words reach shells, SQL or URLs somewhere: none may hold a sign that means something there."""
    rules = (names.GROUP, names.REGION, names.PLACE, names.DOMAIN, names.BALANCER, names.DATABASE, names.TAG)
    for rule in (*rules, names.SQL_NAME, names.COUNTER, names.UNIX_USER):
        if rule.allows(text):
            assert not UNSAFE.search(text)
            assert text.isascii()
            assert not text.startswith("-") or rule is names.TAG
