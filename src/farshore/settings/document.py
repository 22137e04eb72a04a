"""A YAML file as plain nodes that remember their line, so that a message can say where.

Composed, never constructed: tags, anchors and merges are refused, and a key written twice is an error
instead of a silent winner.
"""

from dataclasses import dataclass
from pathlib import Path

import yaml

from farshore.settings.problem import BadSettings

BYTES_MAX = 1_000_000
_PLAIN_TAGS = {
    f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "map", "seq", "timestamp")
}


@dataclass(frozen=True, slots=True)
class Scalar:
    text: str
    kind: str  # str | int | float | bool | null
    line: int


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple["Node", ...]
    line: int


@dataclass(frozen=True, slots=True)
class Mapping:
    entries: dict[str, "Node"]
    lines: dict[str, int]  # of the keys
    line: int


Node = Scalar | Sequence | Mapping


def load_document(path: Path) -> Mapping:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise BadSettings(
            f"{path}: there is no such file; run `farshore init` to write one, or name yours with --config."
        ) from None
    except OSError as error:
        raise BadSettings(f"{path}: cannot be read ({error.strerror}); name a readable file with --config.") from None
    if len(content) > BYTES_MAX:
        raise BadSettings(
            f"{path}: is larger than {BYTES_MAX} bytes and so is no farshore.yaml; name yours with --config."
        )
    try:
        text = content.decode("utf-8")
        if "&" in text or "*" in text or "<<" in text:
            _refuse_aliases(path, text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except UnicodeDecodeError:
        raise BadSettings(f"{path}: is not UTF-8 text; save it as UTF-8.") from None
    except yaml.YAMLError as error:
        raise BadSettings(_yaml_sentence(path, error)) from None
    except RecursionError:
        raise BadSettings(f"{path}: is nested too deeply; write it as the template shows.") from None
    if root is None:
        raise BadSettings(f"{path}: is empty; remove it and run `farshore init` to write one.")
    node = _convert(path, root)
    if not isinstance(node, Mapping):
        raise BadSettings(
            f"{path}, line {node.line}: the file must be `key: value` lines; write it as the template shows."
        )
    return node


def _refuse_aliases(path: Path, text: str) -> None:
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise BadSettings(f"{path}, line {line}: anchors and aliases (& and *) are not read; write the value out.")


def _yaml_sentence(path: Path, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f", line {mark.line + 1}" if mark is not None else ""
    problem = getattr(error, "problem", None) or "it holds characters that YAML does not allow"
    return f"{path}{where}: this is not YAML ({problem}); check the indentation, quotes and colons there."


def _convert(path: Path, node: yaml.Node) -> Node:
    line = node.start_mark.line + 1
    if node.tag not in _PLAIN_TAGS:
        raise BadSettings(f"{path}, line {line}: the tag {node.tag} is not read; write a plain value.")
    if isinstance(node, yaml.ScalarNode):
        return Scalar(node.value, node.tag.rpartition(":")[2], line)
    if isinstance(node, yaml.SequenceNode):
        return Sequence(tuple(_convert(path, item) for item in node.value), line)
    assert isinstance(node, yaml.MappingNode)
    entries: dict[str, Node] = {}
    lines: dict[str, int] = {}
    for key, value in node.value:
        key_line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise BadSettings(f"{path}, line {key_line}: a key must be a word; write it as the template shows.")
        if key.value in entries:
            raise BadSettings(
                f"{path}, line {key_line}: `{key.value}` is written twice (also on line {lines[key.value]}); keep one."
            )
        entries[key.value] = _convert(path, value)
        lines[key.value] = key_line
    return Mapping(entries, lines, line)
