"""The scripts that run on database hosts: their settings survive every quotation, and the shell can read them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from farshore.adapters.self_run.hosts import SCRIPTS, script

NASTY = 'it\'s "one" $word `date` \\ back; rm -rf / #'
NAMES = sorted(path.stem for path in SCRIPTS.glob("*.sh"))


def test_there_are_scripts() -> None:
    assert {"begin", "retire", "state", "rebuild_pg", "rebuild_mysql"} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_shell_can_read_it(name: str) -> None:
    text = script(name, {"NAME": NASTY})
    done = subprocess.run(["sh", "-n"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_settings_arrive_as_they_are() -> None:
    head = script("state", {"A": NASTY, "B": "two\nlines"}).split("# What a rebuild")[0]
    done = subprocess.run(["sh"], input=f'{head}\nprintf "%s|%s" "$A" "$B"', capture_output=True, text=True, check=True)
    assert done.stdout == f"{NASTY}|two\nlines"


def _beyond(mine: str, theirs: str) -> str:
    """The function of the script itself, run by a shell."""
    found = re.search(r"^beyond\(\) \{.*?^\}$", (SCRIPTS / "rebuild_mysql.sh").read_text(), re.MULTILINE | re.DOTALL)
    assert found is not None
    text = f"{found[0]}\nbeyond '{mine}' '{theirs}'"
    return subprocess.run(["sh"], input=text, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.skipif(shutil.which("awk") is None, reason="needs awk")
@pytest.mark.parametrize(
    ("mine", "theirs", "ahead"),
    [
        ("0-1-100", "0-1-100,0-2-130", ""),
        ("0-1-100,0-2-50", "0-1-100,0-2-130", ""),
        ("0-1-101", "0-1-100,0-2-130", "0-1-101"),
        ("0-1-100,1-1-7", "0-1-100", "1-1-7"),
        ("0-1-100", "", "0-1-100"),
        ("0-1-9", "0-1-10", ""),
        ("0-10-1000000000000", "0-10-999999999999", "0-10-1000000000000"),
        ("", "0-1-10", ""),
    ],
)
def test_what_only_the_old_server_has_is_found_by_domain_and_server(mine: str, theirs: str, ahead: str) -> None:
    assert _beyond(mine, theirs) == ahead


def test_a_state_is_found_among_what_a_host_prints(tmp_path: Path) -> None:
    """As the script itself prints it, on a machine without such a unit."""
    (tmp_path / "retired").touch()
    (tmp_path / "progress").write_text("begun\ncopying everything\n")
    text = script("state", {"STATE": str(tmp_path)})
    done = subprocess.run(["sh", "-s"], input=text, capture_output=True, text=True, check=True)
    assert done.stdout == "farshore-state: retired copying everything\n"
    (tmp_path / "retired").unlink()
    done = subprocess.run(["sh", "-s"], input=text, capture_output=True, text=True, check=True)
    assert done.stdout == "farshore-state: none\n"
