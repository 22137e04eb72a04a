"""The plugin on an app server, by the very script that a deployment runs there."""

import subprocess
from pathlib import Path

import pytest

from farshore.provision.shop_plugin import MEMBER, install, packed
from farshore.provision.wordpress_files import wordpress_files

ONE, TWO = {"farshore.php": b"<?php // 1", "farshore/gate.php": b"<?php // 1"}, {"farshore.php": b"<?php // 2"}


class AppServer:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.marker = root / "wordpress.json"
        self.folder = root / "share/wordpress"

    def deploy(self, files: dict[str, bytes]) -> bool:
        """Whether it changed anything."""
        plugin = packed(files)
        (self.root / MEMBER).write_bytes(plugin)
        script = (
            f"set -eu\ncd {self.root}\nchanged=\n{install(plugin, str(self.marker), str(self.folder))}echo [$changed]"
        )
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
        return done.stdout.strip() == "[yes]"

    def files(self) -> dict[str, bytes]:
        found = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in found}


@pytest.fixture
def server(tmp_path: Path) -> AppServer:
    made = AppServer(tmp_path)
    made.marker.write_text("{}")
    return made


def test_it_is_put_in_place_once_and_replaced_whole(server: AppServer) -> None:
    assert server.deploy(ONE)
    assert server.files() == ONE
    assert not server.deploy(ONE)
    assert server.deploy(TWO)
    assert server.files() == TWO, "nothing of the old version is left among the new"


def test_a_server_without_a_wordpress_gets_none(server: AppServer) -> None:
    server.marker.unlink()
    assert not server.deploy(ONE)
    assert not server.folder.exists()


def test_what_was_copied_by_hand_gives_way(server: AppServer) -> None:
    server.folder.mkdir(parents=True)
    (server.folder / "old.php").write_text("<?php")
    assert server.deploy(ONE)
    assert server.files() == ONE


def test_only_the_version_before_is_kept(server: AppServer) -> None:
    for number in range(4):
        server.deploy({"farshore.php": str(number).encode()})
    assert len(list(server.folder.parent.glob("wordpress-*"))) == 2


def test_what_an_interrupted_deployment_left_does_no_harm(server: AppServer) -> None:
    server.deploy(TWO)
    version = server.folder.resolve().name
    server.deploy(ONE)
    (server.folder.parent / f"{version}.new").mkdir()
    (server.folder.parent / version / "half.php").write_text("<?php")
    assert server.deploy(TWO)
    assert server.files() == TWO


def test_the_plugin_that_is_shipped_fits(server: AppServer) -> None:
    assert server.deploy(wordpress_files())
    assert (server.folder / "config.php").is_file()
    assert oct((server.folder / "config.php").stat().st_mode & 0o777) == "0o644", "the web server reads it"
