"""The order journal's key: made once, secret, and the only thing that opens what the shop seals."""

import base64
import json
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from nacl.public import PrivateKey, PublicKey, SealedBox

from farshore.cli.main import main
from farshore.model.failure import Refused
from farshore.provision.journal_key import read_public_key
from farshore.settings.load import load_settings
from farshore.settings.problem import BadSettings
from farshore.settings.settings import Settings
from farshore.wiring.sealed_orders import open_orders

USUAL = ["--domain", "shop.example.com", "--first", "nyc3", "--second", "sfo3", "--engine", "mysql"]
ORDER = {"order_key": "wc_order_abc", "billing": {"first_name": "Zoë"}, "total": "12.90"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert main(["init", "--dir", str(tmp_path), *USUAL]) == 0
    return tmp_path


def _settings(folder: Path) -> Settings:
    return load_settings(folder / "farshore.yaml")


def _sealed(folder: Path, order: object) -> str:
    public = PublicKey(base64.b64decode(read_public_key(_settings(folder))))
    return base64.b64encode(SealedBox(public).encrypt(json.dumps(order).encode())).decode()


def test_init_makes_a_key_that_opens_what_its_public_part_sealed(folder: Path) -> None:
    private, public = folder / "farshore-journal.key", folder / "farshore-journal.pub"
    assert [stat.S_IMODE(file.stat().st_mode) for file in (private, public)] == [0o600, 0o644]
    assert open_orders(_settings(folder)).open(_sealed(folder, ORDER)) == ORDER


@pytest.mark.skipif(shutil.which("php") is None, reason="needs php, which seals in the shop")
def test_what_php_sealed_is_opened(folder: Path) -> None:
    script = "echo base64_encode(sodium_crypto_box_seal(json_encode(['total' => '12.90']), base64_decode($argv[1])));"
    if subprocess.run(["php", "-r", "exit((int) !function_exists('sodium_crypto_box_seal'));"], check=False).returncode:
        pytest.skip("this php has no sodium")
    words = ["php", "-r", script, read_public_key(_settings(folder))]
    sealed = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert open_orders(_settings(folder)).open(sealed) == {"total": "12.90"}


def test_a_key_is_made_once_and_its_public_part_again(folder: Path) -> None:
    private, public = folder / "farshore-journal.key", folder / "farshore-journal.pub"
    before = (private.read_bytes(), public.read_bytes())
    public.unlink()
    assert main(["init", "--authority", "--dir", str(folder)]) == 0
    assert (private.read_bytes(), public.read_bytes()) == before
    private.unlink()  # kept elsewhere, as it should be
    assert main(["init", "--authority", "--dir", str(folder)]) == 0
    assert not private.exists()
    assert read_public_key(_settings(folder)) == before[1].decode().strip()


def test_what_cannot_be_opened_is_said(folder: Path) -> None:
    orders = open_orders(_settings(folder))
    strangers = PrivateKey.generate().public_key
    stranger = base64.b64encode(SealedBox(strangers).encrypt(b"{}")).decode()
    for sealed in (stranger, "AAAA", "no base64", ""):
        with pytest.raises(Refused, match="cannot be opened with this group's key"):
            orders.open(sealed)
    with pytest.raises(Refused, match="is no order"):
        orders.open(_sealed(folder, [1]))


def test_a_key_that_others_can_read_or_that_is_broken_is_refused(folder: Path) -> None:
    private, public = folder / "farshore-journal.key", folder / "farshore-journal.pub"
    private.chmod(0o644)
    with pytest.raises(BadSettings, match=r"run: chmod 600"):
        open_orders(_settings(folder))
    private.chmod(0o600)
    private.write_text("c2hvcnQ=\n")
    with pytest.raises(BadSettings, match="must be 32 bytes in base64"):
        open_orders(_settings(folder))
    public.write_text("\n")
    with pytest.raises(BadSettings, match="must be 32 bytes in base64"):
        read_public_key(_settings(folder))
    public.unlink()
    with pytest.raises(BadSettings, match="farshore init --authority"):
        read_public_key(_settings(folder))
