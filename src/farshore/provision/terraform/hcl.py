"""HCL as text: the few forms that are emitted, each value quoted here and nowhere else."""

import re
from collections.abc import Sequence

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
ONE_LINE = 200  # longest value in a comment

Value = str | int | bool | Sequence[str]


class Bare(str):
    """An expression that is written as it is, such as a reference."""

    __slots__ = ()


def quoted(text: str) -> str:
    """HCL's own escapes, fewer than JSON's; what begins a template would be evaluated, so it is doubled."""
    said = "".join(_escaped(letter) for letter in text)
    return '"' + said.replace("${", "$${").replace("%{", "%%{") + '"'


def _escaped(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    if letter.isprintable():
        return letter
    number = ord(letter)
    if 0xD800 <= number <= 0xDFFF:
        return "\\ufffd"  # half a pair is no letter in UTF-8
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def value(found: Value) -> str:
    if isinstance(found, Bare):
        return str(found)
    if isinstance(found, str):
        return quoted(found)
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, int):
        return str(found)
    return "[" + ", ".join(quoted(item) for item in found) + "]"


def removed(address: str) -> str:
    return f"removed {{\n  from = {address}\n\n  lifecycle {{\n    destroy = false\n  }}\n}}\n"


def imported(address: str, identity: str) -> str:
    return f"import {{\n  to = {address}\n  id = {quoted(identity)}\n}}\n"


def comment(text: str) -> str:
    """Every line of it a comment, whatever is in it: a line end within a value must not end the comment."""
    return "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines())


def shell(text: str) -> str:
    """For a POSIX shell, in single quotes."""
    return "'" + text.replace("'", "'\\''") + "'"
