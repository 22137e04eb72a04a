"""DigitalOcean's own description of its API, turned into JSON schemas that a test can apply."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

SPEC = Path(__file__).parents[3] / "shared" / "data" / "digitalocean-openapi.json"
FORMATS = FormatChecker(["uuid", "ipv4"])


@FORMATS.checks("date-time")
def _is_rfc3339(value: object) -> bool:
    return (
        not isinstance(value, str)
        or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", value) is not None
    )


@cache
def spec() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SPEC.read_text())
    return found


def follow(node: Any) -> Any:
    while isinstance(node, dict) and isinstance(node.get("$ref"), str):
        target: Any = spec()
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def plain(path: str) -> str:
    """A path with nameless parameters: ours are named otherwise."""
    return re.sub(r"\{\w+\}", "{}", path)


@cache
def operations() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), plain(path)): operation
        for path, item in spec()["paths"].items()
        for method, operation in item.items()
        if isinstance(operation, dict)
    }


def schema_of(method: str, path: str, status: int) -> dict[str, Any] | None:
    """The body's schema, resolved; None where the answer has no body. KeyError when route or code is not in the API."""
    response = follow(operations()[method, plain(path)]["responses"][str(status)])
    content = response.get("content") or {}
    if "application/json" not in content:
        return None
    found: dict[str, Any] = resolved(content["application/json"]["schema"])
    return found


def resolved(node: Any) -> Any:
    """OpenAPI 3.0 as JSON schema: references inlined, `nullable` spelled out, and its slips mended."""
    node = follow(node)
    if isinstance(node, list):
        return [resolved(one) for one in node]
    if not isinstance(node, dict):
        return node
    new = {key: resolved(value) for key, value in node.items() if key not in ("properties", "nullable", "enum")}
    if "properties" in node:
        new["properties"] = {name: resolved(value) for name, value in follow(node["properties"]).items()}
    if "enum" in node:
        new["enum"] = ["off" if value is False else value for value in node["enum"]]  # YAML's bare `off`
    if node.get("nullable"):
        return {"anyOf": [new, {"type": "null"}]}
    return new


def complaints(schema: dict[str, Any], body: Any) -> list[str]:
    """Where a body breaks its schema, or says what the schema does not know."""
    found = [f"{error.json_path}: {error.message}" for error in _validator(schema).iter_errors(body)]
    return found + list(_unknown(schema, body, "$"))


def _validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(schema, format_checker=FORMATS)


def _properties(schema: dict[str, Any]) -> dict[str, Any]:
    found = dict(schema.get("properties", {}))
    for part in [*schema.get("allOf", []), *schema.get("anyOf", []), *schema.get("oneOf", [])]:
        found |= _properties(part)
    return found


def _items(schema: dict[str, Any]) -> dict[str, Any] | None:
    for part in [schema, *schema.get("allOf", []), *schema.get("anyOf", [])]:
        if "items" in part:
            items: dict[str, Any] = part["items"]
            return items
    return None


def _unknown(schema: dict[str, Any], body: Any, where: str) -> Any:
    """Fields that no schema names are either typing errors of ours or belong on a short list in the test."""
    if isinstance(body, list) and (items := _items(schema)):
        for index, one in enumerate(body):
            yield from _unknown(items, one, f"{where}[{index}]")
    known = _properties(schema)
    if isinstance(body, dict) and known:
        for key, value in body.items():
            if key not in known:
                yield f"{where}: unknown field {key!r}"
            else:
                yield from _unknown(known[key], value, f"{where}.{key}")
