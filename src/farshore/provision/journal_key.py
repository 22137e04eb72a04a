"""The group's key for the order journal: the shop seals orders with its public part, reconciliation opens them.

The private part stays beside farshore.yaml and never reaches an app server, so a stolen one reads no order but its own.
"""

import base64
import binascii
from pathlib import Path

from nacl.public import PrivateKey

from farshore.settings.new_file import write_new
from farshore.settings.problem import BadSettings
from farshore.settings.secret import read_secret_file
from farshore.settings.settings import Settings

_BYTES = 32


def make_missing_key(settings: Settings) -> list[Path]:
    """What was made. A public part without its private one is left: the key may be kept elsewhere, and should be."""
    private, public = settings.agents.journal_key_file, settings.agents.journal_public_file
    made = []
    if not private.exists() and not public.exists():
        write_new(private, _text(bytes(PrivateKey.generate())), 0o600)
        made.append(private)
    if not public.exists():
        write_new(public, _text(bytes(PrivateKey(read_private_key(settings)).public_key)), 0o644)
        made.append(public)
    return made


def read_private_key(settings: Settings) -> bytes:
    """Raises BadSettings."""
    file = settings.agents.journal_key_file
    return _bytes(file, read_secret_file(file, "the order journal's key").reveal())


def read_public_key(settings: Settings) -> str:
    """In base64, as app servers have it. Raises BadSettings."""
    file = settings.agents.journal_public_file
    try:
        text = file.read_text().strip()
    except (OSError, UnicodeDecodeError):
        raise BadSettings(
            f"{file}: the public part of the order journal's key cannot be read; copy it from where it was made, or "
            "make a key with `farshore init --authority`."
        ) from None
    _bytes(file, text)
    return text


def _bytes(file: Path, text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _BYTES:
        raise BadSettings(
            f"{file}: must be {_BYTES} bytes in base64, on one line; copy it again from where it was made."
        )
    return key


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode() + "\n"
