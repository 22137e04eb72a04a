"""/v2/tags: tagging droplets and databases moves them in and out of balancers and trusted sources at once."""

import re
from typing import Any

from tidepool.api.account import Account
from tidepool.api.backend import Json
from tidepool.api.errors import ApiError, not_found, unprocessable
from tidepool.api.follow import droplets_changed
from tidepool.api.paging import page
from tidepool.api.routing import Answer, Call, Table

table = Table()
NAME = re.compile(r"^[a-zA-Z0-9_\-:]{1,255}$")


def ensure_tags(account: Account, names: Any) -> list[str]:
    """The tags' names; creating a resource with an unknown tag makes the tag."""
    found = list(dict.fromkeys(str(name) for name in names or []))
    for name in found:
        if not NAME.fullmatch(name):
            raise unprocessable(f"Tag name {name!r} may hold letters, digits, colons, dashes and underscores only")
        if name not in account.tags:
            account.tags.put(name, {"name": name})
    return found


def _resources(account: Account, kind: str) -> dict[str, Json]:
    if kind == "droplet":
        return {str(droplet["id"]): droplet for droplet in account.droplets}
    if kind == "database":
        return {database.id: database.json for database in account.databases if database.visible}
    return {}


def _count(base: str, path: str, ids: list[str]) -> Json:
    return {"count": len(ids), **({"last_tagged_uri": f"{base}/v2/{path}/{ids[-1]}"} if ids else {})}


def _json(call: Call, tag: Json) -> Json:
    name, account = tag["name"], call.account
    droplets = [i for i, item in _resources(account, "droplet").items() if name in item["tags"]]
    databases = [i for i, item in _resources(account, "database").items() if name in (item["tags"] or [])]
    none: Json = {"count": 0}
    resources = {
        "count": len(droplets) + len(databases), "droplets": _count(call.base, "droplets", droplets),
        "databases": _count(call.base, "databases", databases), "images": none, "volumes": none,
        "volume_snapshots": none,
    }  # fmt: skip
    return {"name": name, "resources": resources}


@table.on("GET", "/v2/tags", "tag:read")
async def list_all(call: Call) -> Answer:
    return page(call, "/v2/tags", "tags", [_json(call, tag) for tag in call.account.tags])


@table.on("POST", "/v2/tags", "tag:create")
async def create(call: Call) -> Answer:
    """Creating one that exists is a success: the Terraform provider counts on it."""
    name = ensure_tags(call.account, [call.need("name")])[0]
    return Answer(201, {"tag": _json(call, call.account.tags.get(name))})


@table.on("GET", "/v2/tags/{tag}", "tag:read")
async def get(call: Call) -> Answer:
    return Answer(200, {"tag": _json(call, call.account.tags.get(call.params["tag"]))})


@table.on("DELETE", "/v2/tags/{tag}", "tag:delete")
async def delete(call: Call) -> Answer:
    name = call.account.tags.get(call.params["tag"])["name"]
    for kind in ("droplet", "database"):
        for item in _resources(call.account, kind).values():
            item["tags"] = [tag for tag in item["tags"] or [] if tag != name]
    call.account.tags.drop(name)
    await droplets_changed(call.account)
    return Answer(204)


def _named(call: Call) -> list[Json]:
    found = []
    for wanted in call.need("resources"):
        if not isinstance(wanted, dict) or "resource_type" not in wanted:
            raise ApiError(400, "resources must be a list of objects with resource_id and resource_type.")
        item = _resources(call.account, wanted["resource_type"]).get(str(wanted.get("resource_id")))
        if item is None:
            raise not_found()
        found.append(item)
    return found


@table.on("POST", "/v2/tags/{tag}/resources", "tag:create")
async def assign(call: Call) -> Answer:
    name = call.account.tags.get(call.params["tag"])["name"]
    for item in _named(call):
        item["tags"] = list(dict.fromkeys([*(item["tags"] or []), name]))
    await droplets_changed(call.account)
    return Answer(204)


@table.on("DELETE", "/v2/tags/{tag}/resources", "tag:delete")
async def unassign(call: Call) -> Answer:
    name = call.account.tags.get(call.params["tag"])["name"]
    for item in _named(call):
        item["tags"] = [tag for tag in item["tags"] or [] if tag != name]
    await droplets_changed(call.account)
    return Answer(204)
