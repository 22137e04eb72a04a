"""/v2/actions and what is done to droplets: power, rename, resize"""

from dataclasses import dataclass

from tidepool.api import catalogue
from tidepool.api.account import Account
from tidepool.api.backend import BackendError, Json
from tidepool.api.errors import ApiError, not_found, unprocessable
from tidepool.api.paging import page
from tidepool.api.routes.droplets import finish, new_action
from tidepool.api.routing import Answer, Call, Table

table = Table()


@dataclass(frozen=True, slots=True)
class Power:
    on: bool
    hard: bool
    status: str


POWER = {
    "power_on": [Power(True, True, "active")],
    "power_off": [Power(False, True, "off")],
    "shutdown": [Power(False, False, "off")],
    "reboot": [Power(False, False, "off"), Power(True, False, "active")],
    "power_cycle": [Power(False, True, "off"), Power(True, True, "active")],
}
FEATURES = {"enable_ipv6": "ipv6", "enable_backups": "backups", "enable_private_networking": "private_networking"}
BULK = ("power_cycle", "power_on", "power_off", "shutdown", "enable_ipv6", "enable_backups", "disable_backups")


def _check(call: Call, kind: str, droplet: Json) -> None:
    if droplet["locked"]:
        raise unprocessable("Droplet already has a pending event.")
    if kind == "power_off" and droplet["status"] == "off":
        raise unprocessable("Droplet is already powered off.")
    if kind == "power_on" and droplet["status"] == "active":
        raise unprocessable("Droplet is already powered on.")
    if kind == "rename":
        call.need("name")
    elif kind == "resize":
        catalogue.size(call.need("size"))
        if droplet["status"] != "off":
            raise unprocessable("Droplet must be powered off to resize.")
    elif kind not in POWER and kind not in FEATURES and kind != "disable_backups":
        raise unprocessable(f"Action type {kind!r} is not offered by this lab.")


async def _act(account: Account, action: Json, droplet: Json, body: Json) -> None:
    try:
        await account.at_least(account.pace.action_s, _perform(account, action["type"], droplet, body))
    except BackendError:
        finish(action, "errored")
        raise
    finally:
        droplet["locked"] = False
    finish(action)


async def _perform(account: Account, kind: str, droplet: Json, body: Json) -> None:
    for power in POWER.get(kind, []):
        await account.backend.droplet_power(droplet["id"], power.on, power.hard)
        droplet["status"] = power.status
    if feature := FEATURES.get(kind):
        droplet["features"] = sorted({*droplet["features"], feature})
    if kind == "disable_backups":
        droplet["features"] = [feature for feature in droplet["features"] if feature != "backups"]
    if kind == "rename":
        droplet["name"] = body["name"]
    if kind == "resize":
        size = catalogue.size(body["size"])
        droplet.update(size=size, size_slug=size["slug"], memory=size["memory"], vcpus=size["vcpus"])
        if body.get("disk"):
            droplet.update(disk=size["disk"], disk_info=size["disk_info"])


def _start(call: Call, droplet: Json) -> Json:
    kind = str(call.need("type"))
    _check(call, kind, droplet)
    droplet["locked"] = True
    action = new_action(call.account, kind, droplet)
    call.account.spawn(_act(call.account, action, droplet, dict(call.body)))
    return dict(action)


def _all(call: Call, droplet_id: int | None = None) -> list[Json]:
    """Newest first, as the API lists them."""
    found = [a for a in call.account.actions if droplet_id is None or a["resource_id"] == droplet_id]
    return found[::-1]


@table.on("GET", "/v2/actions", "actions:read")
async def list_all(call: Call) -> Answer:
    return page(call, "/v2/actions", "actions", _all(call))


@table.on("GET", "/v2/actions/{action_id}", "actions:read")
async def get(call: Call) -> Answer:
    return Answer(200, {"action": call.account.actions.get(call.params["action_id"])})


@table.on("POST", "/v2/droplets/actions", "droplet:update")
async def create_by_tag(call: Call) -> Answer:
    tag, kind = call.query.get("tag_name"), str(call.need("type"))
    if not tag:
        raise ApiError(400, "tag_name is required to act on Droplets by tag.")
    if kind not in BULK:
        raise unprocessable(f"Action type {kind!r} cannot be done by tag.")
    droplets = [droplet for droplet in call.account.droplets if tag in droplet["tags"]]
    return Answer(201, {"actions": [_start(call, droplet) for droplet in droplets]})


@table.on("GET", "/v2/droplets/{droplet_id}/actions", "droplet:read")
async def list_of_droplet(call: Call) -> Answer:
    droplet = call.account.droplets.get(call.params["droplet_id"])
    return page(call, f"/v2/droplets/{droplet['id']}/actions", "actions", _all(call, droplet["id"]))


@table.on("POST", "/v2/droplets/{droplet_id}/actions", "droplet:update")
async def create(call: Call) -> Answer:
    return Answer(201, {"action": _start(call, call.account.droplets.get(call.params["droplet_id"]))})


@table.on("GET", "/v2/droplets/{droplet_id}/actions/{action_id}", "droplet:read")
async def get_of_droplet(call: Call) -> Answer:
    action = call.account.actions.get(call.params["action_id"])
    if str(action["resource_id"]) != call.params["droplet_id"]:
        raise not_found()
    return Answer(200, {"action": action})
