"""One resource of Terraform's state or plan, by its address. What is marked sensitive is dropped here, at birth."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from farshore.provision.terraform.hcl import IDENTIFIER, quoted

_KEY = r'\[(?:[0-9]+|"(?:[^"\\\n]|\\.)*")\]'
_MODULES = re.compile(rf"module\.[A-Za-z_][A-Za-z0-9_-]*(?:{_KEY})?(?:\.module\.[A-Za-z_][A-Za-z0-9_-]*(?:{_KEY})?)*")
_KEYS = re.compile(_KEY)

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Address:
    """`module.db[0].digitalocean_database_db.this["shop"]`, taken apart."""

    module: str  # "" at the root, otherwise as Terraform writes it, keys and all
    type: str
    name: str
    key: str = ""  # `[0]`, `["shop"]` or nothing

    def __str__(self) -> str:
        return ".".join(filter(None, (self.module, self.type, self.name))) + self.key

    @property
    def block(self) -> str:
        """Without any key: the `resource` block that makes all its instances. `removed` knows no other address."""
        return ".".join(filter(None, (_KEYS.sub("", self.module), self.type, self.name)))

    def as_type(self, other: str) -> "Address":
        return replace(self, type=other)

    def named(self, name: str) -> "Address":
        return replace(self, name=name)


@dataclass(frozen=True, slots=True)
class Resource:
    address: Address
    values: Values

    @property
    def type(self) -> str:
        return self.address.type

    def text(self, key: str) -> str:
        """A plain value as text; "" where there is none, or it is sensitive."""
        return plain(self.values, key)


def plain(values: Values, key: str) -> str:
    found = values.get(key)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return ""
    return str(int(found)) if isinstance(found, float) and found.is_integer() else str(found)


def texts(values: Values, key: str) -> frozenset[str]:
    """A list or set of plain values, such as tags or droplet_ids."""
    found = values.get(key)
    items = found if isinstance(found, list) else []
    return frozenset(plain({"_": item}, "_") for item in items) - {""}


def blocks(values: Values, key: str) -> tuple[Values, ...]:
    """Nested blocks, such as a firewall's rules."""
    found = values.get(key)
    return tuple(item for item in found if isinstance(item, dict)) if isinstance(found, list) else ()


def address_of(body: Mapping[str, Any], module: object) -> Address | None:
    """None when it is no address that can be written down again."""
    type_, name, index = body.get("type"), body.get("name"), body.get("index")
    if not (isinstance(type_, str) and IDENTIFIER.fullmatch(type_)):
        return None
    if not (isinstance(name, str) and IDENTIFIER.fullmatch(name)):
        return None
    if module and not (isinstance(module, str) and _MODULES.fullmatch(module)):
        return None
    if isinstance(index, str):
        key = f"[{quoted(index)}]"
    elif isinstance(index, int) and not isinstance(index, bool) and index >= 0:
        key = f"[{index}]"
    elif index is not None:
        return None
    else:
        key = ""
    return Address(str(module or ""), type_, name, key)


def without_secrets(values: object, marks: object) -> Any:
    """`marks` has the shape of `values`, with true where a value is sensitive; such values vanish."""
    if marks is True:
        return None
    if isinstance(values, dict):
        known = marks if isinstance(marks, dict) else {}
        return {
            key: without_secrets(item, known.get(key)) for key, item in values.items() if known.get(key) is not True
        }
    if isinstance(values, list):
        known_items = marks if isinstance(marks, list) else []
        return [
            without_secrets(item, known_items[at] if at < len(known_items) else None) for at, item in enumerate(values)
        ]
    return values
