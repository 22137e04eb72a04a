"""The image's recipe and mirror, without building anything."""

import re
from functools import partial
from pathlib import Path

import pytest

from tidepool.lab import image
from tidepool.lab.home import LabError


def test_the_recipe_changes_with_what_goes_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another list of packages is another image; the same is found in the cache."""
    before = image.recipe()
    assert image.recipe() == before
    monkeypatch.setattr(image, "PACKAGES", (*image.PACKAGES, "cowsay"))
    assert image.recipe() != before


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("deb http://mirror.test/debian bookworm main\n", ["http://mirror.test/debian"]),
        ("deb [signed-by=/x.gpg] https://mirror.test/debian/ bookworm main\n", ["https://mirror.test/debian"]),
        ("Types: deb\nURIs: http://mirror.test/debian\nSuites: bookworm\n", ["http://mirror.test/debian"]),
        ("deb http://mirror.test/debian-security bookworm-security main\n", []),
        ("# deb http://mirror.test/debian bookworm main\n", []),
    ],
)
def test_the_machines_own_mirror_is_found(text: str, found: list[str]) -> None:
    """In either of apt's formats; a mirror of security updates alone has no base system."""
    assert list(image._debian_uris(text)) == found


def test_it_says_why_it_cannot_run_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not Linux, not root: one clear sentence each, before anything is touched."""
    monkeypatch.setattr(image.sys, "platform", "darwin")
    with pytest.raises(LabError, match="needs Linux"):
        image.require_machine()
    monkeypatch.setattr(image.sys, "platform", "linux")
    monkeypatch.setattr(image.os, "geteuid", lambda: 1000)
    with pytest.raises(LabError, match="needs root"):
        image.require_machine()


def test_nothing_unsigned_is_built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Ubuntu has Debian's keys only when asked; debootstrap without them would go on unverified."""
    monkeypatch.setattr(image, "require_keyring", partial(image.require_keyring, tmp_path / "no.gpg"))
    said: list[str] = []
    with pytest.raises(LabError, match="install debian-archive-keyring"):
        image._build(tmp_path / "image", said.append)
    assert said == []
    assert list(tmp_path.iterdir()) == []


def test_the_guest_files_are_shipped() -> None:
    """They are data, which a packaging mistake would leave out."""
    names = {path.name for path in image.GUEST.iterdir()}
    assert {*image.IN_IMAGE, "cell_init.sh"} <= names
    assert isinstance(image.GUEST, Path)


def test_the_machines_devices_are_never_mounted_whole() -> None:
    """A tree that is deleted while it holds the machine's /dev takes the machine's devices with it."""
    recipe = (image.GUEST / "build_image.sh").read_text() + (image.GUEST / "cell_init.sh").read_text()
    assert [line for line in recipe.splitlines() if re.search(r"--r?bind /(dev|proc|sys)/? ", line)] == []
