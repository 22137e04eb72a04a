"""Files that make no identity are refused in one sentence, before a peer has to."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from farshore.provision import authority as authority_module
from farshore.transport.identity import BadIdentity, examine
from farshore.transport.message import Caller, caller_of
from identities import AUTHORITY, STRANGER, identity


def test_a_good_one_is_told_by_name_and_end(tmp_path: Path) -> None:
    known = examine(identity(tmp_path, "agent:shop-1"))
    assert known.caller == Caller("agent", "shop-1")
    assert 4.9 * 365 < (known.until_s - dt.datetime.now(dt.UTC).timestamp()) / 86400 < 5.1 * 365
    assert known.authority_until_s > known.until_s


def test_what_is_missing_or_no_pem_is_named(tmp_path: Path) -> None:
    own = identity(tmp_path, "agent:shop-1")
    for field, sentence in (
        ("ca_file", "The authority's certificate"),
        ("certificate_file", "The certificate"),
        ("key_file", "The private key"),
    ):
        with pytest.raises(BadIdentity, match=f"^{sentence} {tmp_path}/none is missing"):
            examine(replace(own, **{field: tmp_path / "none"}))
        garbage = tmp_path / "garbage"
        garbage.write_text("garbage")
        garbage.chmod(0o600)
        with pytest.raises(BadIdentity, match=f"^{sentence} {garbage} is not PEM"):
            examine(replace(own, **{field: garbage}))


def test_the_key_of_an_earlier_version_is_recognized(tmp_path: Path) -> None:
    """64 hexadecimal digits: what agents.key_file named before."""
    former = tmp_path / "agent.key"
    former.write_text("ab" * 32 + "\n")
    former.chmod(0o600)
    with pytest.raises(BadIdentity, match="is not PEM but the signing key of an earlier version"):
        examine(replace(identity(tmp_path, "controller:c1"), key_file=former))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    own = identity(tmp_path, "agent:shop-1")
    own.key_file.chmod(mode)
    with pytest.raises(BadIdentity, match=f"others may read it: run chmod 600 {own.key_file}"):
        examine(own)


def test_a_key_that_is_not_its_own(tmp_path: Path) -> None:
    other = identity(tmp_path / "other", "agent:shop-2")
    with pytest.raises(BadIdentity, match="is not the key of"):
        examine(replace(identity(tmp_path, "agent:shop-1"), key_file=other.key_file))


def test_another_authority(tmp_path: Path) -> None:
    """Even one of the same name."""
    with pytest.raises(BadIdentity, match="was not signed by the authority in"):
        examine(identity(tmp_path, "agent:shop-1", STRANGER, ca=AUTHORITY))


@pytest.mark.parametrize(("days", "sentence"), [(-1, "has expired"), (1000, "is not valid yet: the clock of")])
def test_out_of_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, sentence: str) -> None:
    """Issued so that it ended yesterday, or begins only later."""
    now = dt.datetime.now(dt.UTC)
    if days < 0:
        monkeypatch.setattr(authority_module, "LEAF_DAYS", days)
        monkeypatch.setattr(authority_module, "_BACKDATE", dt.timedelta(days=9))
    else:
        monkeypatch.setattr(authority_module, "_now", lambda: now + dt.timedelta(days=days))
    own = identity(tmp_path, "agent:shop-1")
    with pytest.raises(BadIdentity, match=sentence):
        examine(own)


@pytest.mark.parametrize("name", ["king:arthur", "agent:", "agent", "shop.example.com"])
def test_a_name_without_a_role_is_nobody(tmp_path: Path, name: str) -> None:
    own = identity(tmp_path, name)
    with pytest.raises(BadIdentity, match="is the certificate of no controller and no agent"):
        examine(own)


def test_two_names_are_nobody() -> None:
    """Which of them should count would be a guess."""
    subject = ((("commonName", "agent:shop-1"),), (("commonName", "controller:c1"),))
    assert caller_of({"subject": subject}) is None
    assert caller_of({"subject": subject[1:]}) == Caller("controller", "c1")
    assert caller_of(None) is None
    assert caller_of({}) is None
