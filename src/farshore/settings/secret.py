"""Secrets: where they may come from, and a type that never shows one by accident.

A token comes from the environment or from a file that only its owner may read; never from farshore.yaml,
which people mail to each other.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from farshore.settings.problem import BadSettings

TOKEN_VARIABLES = ("FARSHORE_TOKEN", "DIGITALOCEAN_TOKEN")
_BYTES_MAX = 65536


class Secret:
    """Text that prints as stars. `reveal` is called at the edge that sends it, and nowhere else."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__


def read_private_file(path: Path, what: str) -> bytes:
    """The content of a file of mode 0600. `what` names it in the sentence, such as "the authority's key"."""
    try:
        # One descriptor for both questions: a file swapped in between is judged as the one that is read.
        with path.open("rb") as opened:
            mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
            content = opened.read(_BYTES_MAX)
    except FileNotFoundError:
        raise BadSettings(f"{path}: there is no such file for {what}; create it with mode 0600.") from None
    except OSError as error:
        raise BadSettings(
            f"{path}: {what} cannot be read ({error.strerror}); give it to this user, mode 0600."
        ) from None
    if mode & 0o077:
        raise BadSettings(f"{path}: {what} has mode {mode:04o}, so others may read it; run: chmod 600 {path}")
    return content


def read_secret_file(path: Path, what: str) -> Secret:
    """The first line of a file of mode 0600."""
    try:
        text = read_private_file(path, what).decode("ascii").strip()
    except UnicodeDecodeError:
        raise BadSettings(f"{path}: {what} is not plain text; write it again, on one line.") from None
    if not text or any(character.isspace() for character in text):
        raise BadSettings(f"{path}: {what} must be one word on one line; write it again.")
    return Secret(text)


def read_token(token_file: Path | None, environ: Mapping[str, str], config: Path) -> Secret:
    """The provider's token: FARSHORE_TOKEN, else DIGITALOCEAN_TOKEN, else the file."""
    for variable in TOKEN_VARIABLES:
        value = environ.get(variable, "").strip()
        if value:
            if any(character.isspace() for character in value) or not value.isascii():
                raise BadSettings(f"{variable} holds blanks or strange characters; set it to the bare token.")
            return Secret(value)
    if token_file is not None:
        return read_secret_file(token_file, "the provider's token")
    raise BadSettings(
        f"{config}: there is no token; set FARSHORE_TOKEN, or name a file of mode 0600 as provider.token_file."
    )
