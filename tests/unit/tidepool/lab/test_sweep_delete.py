"""A folder with something mounted in it is never deleted: what is mounted could be the machine's own."""

import subprocess
from pathlib import Path

import pytest

from tidepool.lab.home import LabError
from tidepool.lab.sweep import delete


def test_an_empty_tree_goes(tmp_path: Path) -> None:
    tree = tmp_path / "lab"
    (tree / "a").mkdir(parents=True)
    delete(tree)
    delete(tree)
    assert not tree.exists()


@pytest.mark.lab
def test_a_mount_below_saves_the_tree(tmp_path: Path) -> None:
    kept, tree = tmp_path / "kept", tmp_path / "lab"
    (tree / "dev").mkdir(parents=True)
    kept.mkdir()
    (kept / "precious").touch()
    if subprocess.run(["mount", "--bind", str(kept), str(tree / "dev")], capture_output=True).returncode:
        pytest.skip("needs root to mount")
    try:
        with pytest.raises(LabError, match="still mounted"):
            delete(tree)
    finally:
        subprocess.run(["umount", str(tree / "dev")], check=True)
    assert (kept / "precious").exists()
