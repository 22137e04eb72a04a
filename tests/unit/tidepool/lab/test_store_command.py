"""`tidepool store`: what cannot be built is refused with the option's name, before anything is touched."""

import argparse
from pathlib import Path

import pytest

from tidepool.cli import store
from tidepool.lab.home import LabError


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    store.register(parser.add_subparsers())
    return parser.parse_args(["store", *words])


@pytest.fixture(autouse=True)
def no_lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TIDEPOOL_HOME", str(tmp_path))
    for name in ("TIDEPOOL_WOOCOMMERCE", "TIDEPOOL_WORDPRESS"):
        monkeypatch.delenv(name, raising=False)


def test_a_woocommerce_that_is_none_is_refused_by_the_variables_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEPOOL_WOOCOMMERCE", "/nowhere/woo")
    with pytest.raises(LabError, match=r"TIDEPOOL_WOOCOMMERCE: there is no file or folder /nowhere/woo; set it to"):
        store.run_wordpress(parsed("wordpress"))


def test_a_wordpress_that_is_none_is_refused_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TIDEPOOL_WORDPRESS", str(tmp_path))
    with pytest.raises(LabError, match=r"TIDEPOOL_WORDPRESS: .* holds no wp-settings\.php"):
        store.run_wordpress(parsed("wordpress"))


def test_a_plugin_folder_without_the_plugin_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"--plugin .* holds no farshore\.php; give the folder"):
        store.run_wordpress(parsed("wordpress", "--plugin", str(tmp_path)))


@pytest.mark.parametrize("kind", ["plain", "wordpress"])
def test_a_domain_without_a_zone_is_refused(kind: str) -> None:
    options = parsed(kind, "--domain", "example.com")
    with pytest.raises(LabError, match="must be a name below a domain"):
        options.run(options)


def test_woocommerce_has_one_engine_only(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed("wordpress", "--engine", "pg")
    assert "invalid choice: 'pg'" in capsys.readouterr().err
    assert parsed("plain", "--engine", "pg").engine == "pg"


def test_orders_are_in_their_own_tables_unless_refused() -> None:
    assert parsed("wordpress").hpos
    assert not parsed("wordpress", "--no-hpos").hpos
