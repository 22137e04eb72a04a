"""`farshore reconcile` before it asks anybody: bad words, and keys of payment providers that are no keys."""

import os
from pathlib import Path

import pytest

from farshore.adapters.paypal_ledger import PaypalLedger
from farshore.adapters.stripe_ledger import StripeLedger
from farshore.cli.main import main
from farshore.settings.load import load_settings
from farshore.settings.problem import BadSettings
from farshore.wiring.payment_ledgers import open_ledgers

INIT = ["init", "--domain", "shop.example.com", "--first", "nyc3", "--second", "sfo3", "--engine", "mysql"]


@pytest.fixture
def config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main([*INIT, "--dir", str(tmp_path)]) == 0
    capsys.readouterr()
    return tmp_path / "farshore.yaml"


def _with(config: Path, lines: str) -> Path:
    text = config.read_text()
    assert "\nstores:" in text
    zone = next(line for line in text.splitlines() if line.strip().startswith("zone:"))
    config.write_text(text.replace(zone, f"{zone}\n    payments:\n{lines}", 1))
    return config


def _secret(folder: Path, name: str, text: str, mode: int = 0o600) -> None:
    (folder / name).write_text(text)
    os.chmod(folder / name, mode)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--since", "yesterday"], "--since is 'yesterday'; write 90m, 3h, 2d, or a time"),
        (["--store", "other"], "--store is 'other';"),
    ],
)
def test_bad_words_are_refused_with_the_remedy(
    config: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    assert main(["reconcile", "--config", str(config), *words]) == 2
    assert sentence in capsys.readouterr().err


def test_each_store_has_the_providers_that_it_names(config: Path) -> None:
    folder = config.parent
    _secret(folder, "stripe.key", "rk_live_1\n")
    _secret(folder, "paypal.client", "client:secret\n")
    settings = load_settings(
        _with(config, "      stripe_key_file: stripe.key\n      paypal_client_file: paypal.client")
    )
    (store,) = settings.group.stores
    assert [type(one) for one in open_ledgers(settings.payments_of(store.name))] == [StripeLedger, PaypalLedger]
    assert open_ledgers(settings.payments_of("another")) == []


@pytest.mark.parametrize(
    ("text", "mode", "sentence"),
    [("client:secret", 0o644, "chmod 600"), ("lonely-word", 0o600, "CLIENT_ID:SECRET"), ("a b:c", 0o600, "one word")],
)
def test_a_file_that_holds_no_client_is_refused_without_its_content(
    config: Path, text: str, mode: int, sentence: str
) -> None:
    _secret(config.parent, "paypal.client", text, mode)
    settings = load_settings(_with(config, "      paypal_client_file: paypal.client"))
    with pytest.raises(BadSettings, match=sentence) as error:
        open_ledgers(settings.payments[0])
    assert text not in str(error.value)


def test_a_key_in_the_settings_themselves_is_refused(config: Path) -> None:
    with pytest.raises(BadSettings, match="stripe_key may not be written here"):
        load_settings(_with(config, "      stripe_key: rk_live_1"))
