"""One section of farshore.yaml, read key by key; what nobody asked for is refused at the end.

Every method answers a checked value or raises BadSettings with file, line, key and remedy.
"""

import difflib
from collections.abc import Iterator
from pathlib import Path

from farshore.settings.document import Mapping, Node, Scalar, Sequence
from farshore.settings.names import Rule
from farshore.settings.problem import BadSettings


class Section:
    def __init__(self, file: Path, key: str, node: Mapping) -> None:
        self._file = file
        self._key = key  # "" for the whole file
        self._node = node
        self._asked: set[str] = set()

    def refuse(self, key: str, sentence: str) -> BadSettings:
        """The error that says `sentence` of `key`, for the caller to raise."""
        line = self._node.lines.get(key, self._node.line)
        return BadSettings(f"{self._file}, line {line}: {self._name(key)} {sentence}")

    def text(self, key: str, rule: Rule, default: str | None = None) -> str:
        node = self._scalar(key)
        if node is None:
            if default is None:
                raise self._missing(key, f"It must be {rule.words}.")
            return default
        if not rule.allows(node.text):
            raise self.refuse(key, f"is {node.text!r}; it must be {rule.words}.")
        return node.text

    def free_text(self, key: str, default: str = "", length_max: int = 1000) -> str:
        node = self._scalar(key)
        if node is None:
            return default
        if len(node.text) > length_max or not node.text.isprintable():
            raise self.refuse(key, f"must be one printable line of at most {length_max} characters; shorten it.")
        return node.text

    def choice(self, key: str, choices: tuple[str, ...], default: str | None = None) -> str:
        node = self._scalar(key)
        words = " or ".join(choices)
        if node is None:
            if default is None:
                raise self._missing(key, f"Write {words}.")
            return default
        if node.text not in choices:
            near = difflib.get_close_matches(node.text, choices, 1)
            raise self.refuse(key, f"is {node.text!r}; write {near[0] if near else words}.")
        return node.text

    def flag(self, key: str, default: bool) -> bool:
        node = self._scalar(key)
        if node is None:
            return default
        # "yes" and "on" are text in YAML 1.2 and true in 1.1; one spelling leaves no doubt.
        if node.kind != "bool" or node.text.lower() not in {"true", "false"}:
            raise self.refuse(key, f"is {node.text!r}; write true or false.")
        return node.text.lower() == "true"

    def number(self, key: str, default: float, low: float, high: float) -> float:
        node = self._scalar(key)
        if node is None:
            return default
        try:
            value = float(node.text) if node.kind in {"int", "float"} else float("nan")
        except ValueError:
            value = float("nan")
        if not low <= value <= high:  # also false for nan
            raise self.refuse(key, f"is {node.text!r}; write a number from {low:g} to {high:g}.")
        return value

    def integer(self, key: str, default: int, low: int, high: int) -> int:
        value = self.number(key, default, low, high)
        if value != int(value):
            raise self.refuse(key, f"is {value:g}; write a whole number from {low} to {high}.")
        return int(value)

    def file_path(self, key: str) -> Path | None:
        """A path, relative to the folder of farshore.yaml; None where the key is absent."""
        node = self._scalar(key)
        if node is None:
            return None
        if not node.text or "\0" in node.text or "\n" in node.text:
            raise self.refuse(key, "must be the path of a file; write one, or leave the key out.")
        return (self._file.parent / Path(node.text).expanduser()).absolute()

    def section(self, key: str) -> "Section":
        """The section below `key`; an empty one where it is absent."""
        self._asked.add(key)
        node = self._node.entries.get(key)
        if node is None or (isinstance(node, Scalar) and node.kind == "null"):
            node = Mapping({}, {}, self._node.lines.get(key, self._node.line))
        if not isinstance(node, Mapping):
            raise self.refuse(key, "must be a section of `key: value` lines, indented below it.")
        return Section(self._file, self._name(key), node)

    def has(self, key: str) -> bool:
        node = self._node.entries.get(key)
        return node is not None and not (isinstance(node, Scalar) and node.kind == "null")

    def sections(self, key: str) -> Iterator["Section"]:
        """The list of sections below `key`, at least one."""
        node = self._sequence(key)
        if node is None or not node.items:
            raise self._missing(key, "Write at least one entry that begins with a dash.")
        for index, item in enumerate(node.items):
            name = f"{self._name(key)}[{index}]"
            if not isinstance(item, Mapping):
                raise BadSettings(f"{self._file}, line {item.line}: {name} must be `key: value` lines after a dash.")
            yield Section(self._file, name, item)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of words; empty where the key is absent."""
        node = self._sequence(key)
        if node is None:
            return ()
        for index, item in enumerate(node.items):
            if not isinstance(item, Scalar) or item.kind == "null" or not item.text:
                raise BadSettings(
                    f"{self._file}, line {item.line}: {self._name(key)}[{index}] must be a word; "
                    "write one, or remove the dash."
                )
        return tuple(item.text for item in node.items if isinstance(item, Scalar))

    def pairs(self, key: str, key_rule: Rule) -> tuple[tuple[str, str], ...]:
        """A section of free keys and one-line values, in the order written."""
        section = self.section(key)
        pairs = []
        for name in section._node.entries:
            if not key_rule.allows(name):
                raise section.refuse(name, f"is no good key; it must be {key_rule.words}.")
            pairs.append((name, section.free_text(name)))
        return tuple(pairs)

    def finish(self) -> None:
        """Refuse every key that nobody asked for, with the nearest one that exists."""
        for key in self._node.entries:
            if key not in self._asked:
                near = difflib.get_close_matches(key, sorted(self._asked), 1)
                remedy = f"did you mean {near[0]}?" if near else f"known here: {', '.join(sorted(self._asked))}."
                raise self.refuse(key, f"is not a setting; {remedy}")

    def _name(self, key: str) -> str:
        return f"{self._key}.{key}" if self._key else key

    def _missing(self, key: str, remedy: str) -> BadSettings:
        return BadSettings(f"{self._file}, line {self._node.line}: {self._name(key)} is missing. {remedy}")

    def _get(self, key: str) -> Node | None:
        self._asked.add(key)
        node = self._node.entries.get(key)
        return None if isinstance(node, Scalar) and node.kind == "null" else node

    def _scalar(self, key: str) -> Scalar | None:
        node = self._get(key)
        if node is not None and not isinstance(node, Scalar):
            raise self.refuse(key, "must be a single value; write it on the same line as its key.")
        return node

    def _sequence(self, key: str) -> Sequence | None:
        node = self._get(key)
        if node is not None and not isinstance(node, Sequence):
            raise self.refuse(key, "must be a list; begin each entry with a dash.")
        return node


def holds_section(section: Section, key: str) -> bool:
    """Whether `key: value` lines stand below `key`, and no single value beside it."""
    return isinstance(section._node.entries.get(key), Mapping)
