"""/v2/droplets"""

import re
from typing import Any

from tidepool.api import catalogue
from tidepool.api.account import Account, now
from tidepool.api.backend import Addresses, BackendError, Json
from tidepool.api.errors import ApiError, unprocessable
from tidepool.api.follow import droplets_changed
from tidepool.api.paging import page
from tidepool.api.routes.tags import ensure_tags
from tidepool.api.routes.vpcs import place
from tidepool.api.routing import Answer, Call, Table

table = Table()
NAME = re.compile(r"^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$")
NAMES_MAX = 10
USER_DATA_MAX = 64 * 1024


def new_action(account: Account, kind: str, droplet: Json) -> Json:
    action = {
        "id": account.number(), "status": "in-progress", "type": kind, "started_at": now(), "completed_at": None,
        "resource_id": droplet["id"], "resource_type": "droplet", "region": droplet["region"],
        "region_slug": droplet["region"]["slug"],
    }  # fmt: skip
    return account.actions.put(action["id"], action)


def finish(action: Json, status: str = "completed") -> None:
    action.update(status=status, completed_at=now())


def networks(made: Addresses) -> Json:
    def gateway(ip: str, last: int) -> str:
        return ".".join([*ip.split(".")[:3], str(last)])

    public: Json = {"ip_address": made.public, "netmask": "255.255.255.0", "gateway": gateway(made.public, 1)}
    private: Json = {"ip_address": made.private, "netmask": "255.255.0.0"}
    return {"v4": [{**private, "type": "private"}, {**public, "type": "public"}], "v6": []}


def _ssh_keys(account: Account, wanted: list[Any]) -> list[str]:
    found = []
    for name in map(str, wanted):
        key = account.keys.first(lambda key, name=name: name in (str(key["id"]), key["fingerprint"]))  # type: ignore[misc]
        if key is None:
            raise unprocessable(f"{name} are invalid key identifiers for Droplet creation.")
        found.append(key["public_key"])
    return found


def _new(call: Call, name: str) -> Json:
    body, account = call.body, call.account
    if not NAME.fullmatch(name):
        raise unprocessable("Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)")
    size = catalogue.size(call.need("size"))
    region = catalogue.region(body.get("region") or "nyc3")
    image = catalogue.image(call.need("image"))
    if image is None:
        raise unprocessable(f"You specified an invalid image for Droplet creation: {body['image']}.")
    features = [key for key in ("monitoring", "ipv6", "backups") if body.get(key)]
    return {
        "id": account.number(), "name": name, "memory": size["memory"], "vcpus": size["vcpus"], "disk": size["disk"],
        "disk_info": size["disk_info"], "locked": True, "status": "new", "kernel": None, "created_at": now(),
        "features": [*features, "droplet_agent", "private_networking"], "backup_ids": [], "next_backup_window": None,
        "snapshot_ids": [], "image": image, "volume_ids": [], "size": size, "size_slug": size["slug"],
        "networks": {"v4": [], "v6": []}, "region": region, "tags": ensure_tags(account, body.get("tags")),
        "vpc_uuid": place(account, body.get("vpc_uuid"), region["slug"]),
    }  # fmt: skip


async def _bring_up(account: Account, droplet: Json, action: Json, keys: list[str], user_data: str) -> None:
    try:
        work = account.backend.droplet_create(droplet, keys, user_data)
        made = await account.at_least(account.pace.droplet_s, work)
    except BackendError:
        finish(action, "errored")
        droplet.update(locked=False)
        raise
    if droplet["id"] not in account.droplets:  # destroyed meanwhile
        await account.backend.droplet_destroy(droplet["id"])
        return
    droplet.update(status="active", locked=False, networks=networks(made))
    finish(action)
    await droplets_changed(account)


@table.on("GET", "/v2/droplets", "droplet:read")
async def list_all(call: Call) -> Answer:
    tag, name = call.query.get("tag_name"), call.query.get("name")
    found = [d for d in call.account.droplets if (not tag or tag in d["tags"]) and (not name or d["name"] == name)]
    return page(call, "/v2/droplets", "droplets", [] if call.query.get("type") == "gpus" else found)


@table.on("POST", "/v2/droplets", "droplet:create")
async def create(call: Call) -> Answer:
    account, body = call.account, call.body
    names = [str(name) for name in body.get("names") or [call.need("name")]]
    if len(names) > NAMES_MAX:
        raise unprocessable(f"You can only create up to {NAMES_MAX} Droplets at once.")
    keys = _ssh_keys(account, body.get("ssh_keys") or [])
    user_data = str(body.get("user_data") or "")
    if len(user_data.encode()) > USER_DATA_MAX:
        raise unprocessable("User data is too long (maximum is 64 KiB)")
    made = [_new(call, name) for name in names]
    links = []
    for droplet in made:
        account.droplets.put(droplet["id"], droplet)
        action = new_action(account, "create", droplet)
        links.append({"id": action["id"], "rel": "create", "href": f"{call.base}/v2/actions/{action['id']}"})
        account.spawn(_bring_up(account, droplet, action, keys, user_data))
    shown: Json = {"droplets": made} if body.get("names") else {"droplet": made[0]}
    return Answer(202, {**shown, "links": {"actions": links}})


@table.on("DELETE", "/v2/droplets", "droplet:delete")
async def delete_by_tag(call: Call) -> Answer:
    if not (tag := call.query.get("tag_name")):
        raise ApiError(400, "tag_name is required to delete Droplets by tag.")
    for droplet in [d for d in call.account.droplets if tag in d["tags"]]:
        await _destroy(call.account, droplet)
    return Answer(204)


@table.on("GET", "/v2/droplets/{droplet_id}", "droplet:read")
async def get(call: Call) -> Answer:
    return Answer(200, {"droplet": call.account.droplets.get(call.params["droplet_id"])})


@table.on("DELETE", "/v2/droplets/{droplet_id}", "droplet:delete")
async def delete(call: Call) -> Answer:
    await _destroy(call.account, call.account.droplets.get(call.params["droplet_id"]))
    return Answer(204)


async def _destroy(account: Account, droplet: Json) -> None:
    account.droplets.drop(droplet["id"])
    for balancer in account.balancers:
        balancer["droplet_ids"] = [one for one in balancer["droplet_ids"] if one != droplet["id"]]
    if droplet["status"] != "new":  # one that is still being made is destroyed by its maker
        await account.backend.droplet_destroy(droplet["id"])
    await droplets_changed(account)
