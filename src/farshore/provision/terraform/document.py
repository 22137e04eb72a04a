"""The answer of `terraform show -json` or `tofu show -json`, a state's or a plan's, as values."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from farshore.provision.terraform.resource import Address, Resource, Values, address_of, without_secrets
from farshore.settings.problem import BadSettings

MAJOR = "1"  # of format_version; a larger one may mean something else by the same words
_DEPTH_MAX = 100
_ACTIONS = {
    ("no-op",): "keep",
    ("read",): "keep",
    ("create",): "create",
    ("update",): "update",
    ("delete",): "destroy",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("forget",): "forget",
    ("create", "forget"): "replace",  # OpenTofu with lifecycle.destroy = false
    ("forget", "create"): "replace",
}


@dataclass(frozen=True, slots=True)
class Change:
    address: Address
    what: str  # keep, create, update, destroy, replace, forget
    first_new: bool  # a replacement that is built before the old one goes
    before: Values
    after: Values
    unknown: Values  # true where a value is known only after apply
    because: tuple[str, ...]  # the arguments that force a replacement

    @property
    def type(self) -> str:
        return self.address.type

    @property
    def ends(self) -> bool:
        return self.what in ("destroy", "replace")


@dataclass(frozen=True, slots=True)
class Document:
    name: str  # of the file, for messages
    is_plan: bool
    resources: tuple[Resource, ...]
    changes: tuple[Change, ...] = ()
    errored: bool = False
    complete: bool = True


def read_document(text: str, name: str) -> Document:
    """Raises BadSettings for anything that is not one of the two."""
    body = _parse(text, name)
    version = body.get("format_version")
    if not isinstance(version, str):
        raise BadSettings(_not_shown(body, name))
    if version.partition(".")[0] != MAJOR:
        raise BadSettings(
            f"{name}: format_version {version[:20]!r} is not known here, only {MAJOR}.x; update farshore."
        )
    is_plan = "resource_changes" in body or "planned_values" in body or "prior_state" in body
    if not is_plan:
        return Document(name, False, tuple(_state(body, name)))
    prior = body.get("prior_state")
    resources = tuple(_state(prior, name)) if isinstance(prior, dict) else ()
    listed = _list(body, "resource_changes", name)
    deferred = [_object(found.get("resource_change")) for found in _list(body, "deferred_changes", name)]
    changes = tuple(_change(found, name) for found in [*listed, *deferred] if found and _managed(found))
    if not resources:
        resources = tuple(Resource(change.address, change.before) for change in changes if change.before)
    complete = body.get("complete") is not False and not deferred
    return Document(name, True, resources, changes, body.get("errored") is True, complete)


def _parse(text: str, name: str) -> dict[str, Any]:
    if not text.strip():
        raise BadSettings(f"{name}: is empty; pipe the output of `terraform show -json` into it.")
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        if text.lstrip().startswith('{"@level"'):
            raise BadSettings(
                f"{name}: is the log of `terraform plan -json`; write `terraform plan -out p`, "
                "then `terraform show -json p`."
            ) from None
        raise BadSettings(
            f"{name}: is no JSON; write `terraform show -json` for the state, `terraform show -json PLAN` for a plan."
        ) from None
    if not isinstance(body, dict):
        raise BadSettings(f"{name}: is JSON, but not what `terraform show -json` prints; pipe that into it.")
    return body


def _not_shown(body: Mapping[str, Any], name: str) -> str:
    if "lineage" in body:
        return f"{name}: is the raw state file; give `terraform show -json` instead, whose format is promised."
    return f"{name}: has no format_version and so is no answer of `terraform show -json`; pipe that into it."


def _list(body: Mapping[str, Any], key: str, name: str) -> list[dict[str, Any]]:
    found = body.get(key)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise BadSettings(f"{name}: {key} is not a list of objects; write it anew with `terraform show -json`.")
    return found


def _managed(found: object) -> bool:
    return isinstance(found, dict) and found.get("mode", "managed") == "managed"


def _state(body: Mapping[str, Any], name: str) -> Iterator[Resource]:
    values = body.get("values")
    root = values.get("root_module") if isinstance(values, dict) else None
    if isinstance(root, dict):
        yield from _module(root, name, 0)


def _module(module: dict[str, Any], name: str, depth: int) -> Iterator[Resource]:
    if depth > _DEPTH_MAX:
        raise BadSettings(f"{name}: modules are nested more than {_DEPTH_MAX} deep; this is no state of Terraform's.")
    for found in _list(module, "resources", name):
        if _managed(found):
            values = without_secrets(found.get("values"), found.get("sensitive_values"))
            yield Resource(_address(found, module.get("address"), name), values if isinstance(values, dict) else {})
    for child in _list(module, "child_modules", name):
        yield from _module(child, name, depth + 1)


def _change(found: Mapping[str, Any], name: str) -> Change:
    address = _address(found, found.get("module_address"), name)
    change = found.get("change")
    actions = change.get("actions") if isinstance(change, dict) else None
    if not isinstance(change, dict) or not isinstance(actions, list):
        raise BadSettings(f"{name}: {address} says no actions; write it anew with `terraform show -json`.")
    what = _ACTIONS.get(tuple(str(action) for action in actions))
    if what is None:
        words = ", ".join(str(action)[:20] for action in actions)
        raise BadSettings(f"{name}: {address} has the actions [{words}], which are not known here; update farshore.")
    return Change(
        address,
        what,
        actions[0] == "create",
        _object(without_secrets(change.get("before"), change.get("before_sensitive"))),
        _object(without_secrets(change.get("after"), change.get("after_sensitive"))),
        _object(change.get("after_unknown")),
        _paths(change.get("replace_paths")),
    )


def _paths(found: object) -> tuple[str, ...]:
    paths = found if isinstance(found, list) else []
    return tuple(path[0] for path in paths if isinstance(path, list) and path and isinstance(path[0], str))


def _object(found: object) -> Values:
    return found if isinstance(found, dict) else {}


def _address(found: Mapping[str, Any], module: object, name: str) -> Address:
    address = address_of(found, module)
    if address is None:
        said = str(found.get("address"))[:80]
        raise BadSettings(f"{name}: {said!r} is no address of a resource; write it anew with `terraform show -json`.")
    return address
