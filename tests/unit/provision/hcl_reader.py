"""Just enough of HCL to read back what is emitted, and to refuse what no HCL parser would take."""

import json
import re
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r'(?P<blank>[ \t]+)|(?P<end>\n)|(?P<text>"(?:[^"\\\n]|\\.)*")|(?P<sign>[{}\[\]=.,])|(?P<word>[\w-]+)'
)


@dataclass
class Block:
    kind: str
    arguments: dict[str, str] = field(default_factory=dict)  # as written
    blocks: list["Block"] = field(default_factory=list)


def read_hcl(text: str) -> list[Block]:
    """AssertionError for anything that is not blocks of `name = value` lines and whole-line comments."""
    top = Block("")
    open_blocks = [top]
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        tokens = _tokens(line)
        match tokens:
            case [kind, "{"]:
                open_blocks[-1].blocks.append(Block(kind))
                open_blocks.append(open_blocks[-1].blocks[-1])
            case ["}"]:
                open_blocks.pop()
                assert open_blocks, f"a brace too many: {line!r}"
            case [name, "=", *value]:
                assert value, f"no value: {line!r}"
                assert name not in open_blocks[-1].arguments, f"{name} twice"
                open_blocks[-1].arguments[name] = "".join(value)
            case _:
                raise AssertionError(f"no HCL: {line!r}")
    assert open_blocks == [top], "a brace is not closed"
    return top.blocks


def unquoted(text: str) -> str:
    """The value of a quoted template without any interpolation."""
    bare = text.replace("$${", "").replace("%%{", "")
    assert "${" not in bare, f"it would be evaluated: {text}"
    assert "%{" not in bare, f"it would be evaluated: {text}"
    assert re.fullmatch(r'"(?:[^"\\\x00-\x1f]|\\[nrt"\\]|\\u[0-9a-f]{4}|\\U[0-9a-f]{8})*"', text), (
        f"no HCL string: {text}"
    )
    wide = re.sub(r"(?<!\\)((?:\\\\)*)\\U([0-9a-f]{8})", lambda found: found[1] + chr(int(found[2], 16)), text)
    found = json.loads(wide)
    assert isinstance(found, str)
    return found.replace("$${", "${").replace("%%{", "%{")


def _tokens(line: str) -> list[str]:
    found, at = [], 0
    while at < len(line):
        match = _TOKEN.match(line, at)
        assert match, f"no token at {line[at:]!r}"
        if match.lastgroup not in ("blank", "end"):
            found.append(match[0])
        at = match.end()
    return found
