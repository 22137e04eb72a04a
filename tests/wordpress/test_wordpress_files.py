"""How the WordPress side is shipped: found from a checkout, whole, and the same files in a wheel."""

import tomllib

import pytest
from wordpress_site import PLUGIN, ROOT, Box

import farshore
from farshore.model.failure import Refused
from farshore.provision.wordpress_files import wordpress_files, wordpress_folder


def test_a_checkout_finds_its_own_files() -> None:
    assert wordpress_folder() == PLUGIN
    files = wordpress_files()
    assert {"farshore.php", "config.php", "healthcheck.php", "farshore/class-farshore-gate.php"} <= set(files)
    assert all(text.startswith(b"<?php") for text in files.values())


def test_a_wheel_holds_them_where_they_are_looked_for() -> None:
    """`force-include` puts the folder beside the package's modules, which is the first place looked at."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included["wordpress"] == "farshore/wordpress"


def test_an_installation_without_them_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "site-packages/farshore"
    monkeypatch.setattr(farshore, "__file__", str(elsewhere / "__init__.py"))
    with pytest.raises(Refused, match="missing from this installation"):
        wordpress_folder()


@pytest.mark.lab
def test_php_can_read_every_file(box: Box) -> None:
    assert box.php("lint.php") == ""
