"""/v2/account/keys"""

import base64
import binascii
import hashlib

from tidepool.api.backend import Json
from tidepool.api.errors import not_found, unprocessable
from tidepool.api.paging import page
from tidepool.api.routing import Answer, Call, Table

table = Table()


def fingerprint(public_key: str) -> str:
    """MD5 of the key's wire form, as DigitalOcean names keys."""
    parts = public_key.split()
    try:
        raw = base64.b64decode(parts[1], validate=True)
    except (IndexError, binascii.Error):
        raise unprocessable("Key invalid, key should be of the format `ssh-rsa AAAA...`") from None
    digest = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    return ":".join(digest[i : i + 2] for i in range(0, 32, 2))


def find(call: Call) -> Json:
    wanted = call.params["key"]
    if found := call.account.keys.first(lambda key: wanted in (str(key["id"]), key["fingerprint"])):
        return found
    raise not_found()


@table.on("GET", "/v2/account/keys", "ssh_key:read")
async def list_all(call: Call) -> Answer:
    return page(call, "/v2/account/keys", "ssh_keys", call.account.keys)


@table.on("POST", "/v2/account/keys", "ssh_key:create")
async def create(call: Call) -> Answer:
    name, public_key = call.need("name"), str(call.need("public_key")).strip()
    print_ = fingerprint(public_key)
    if call.account.keys.first(lambda key: bool(key["fingerprint"] == print_)):
        raise unprocessable("SSH Key is already in use on your account")
    key = {"id": call.account.number(), "fingerprint": print_, "public_key": public_key, "name": name}
    return Answer(201, {"ssh_key": call.account.keys.put(key["id"], key)})


@table.on("GET", "/v2/account/keys/{key}", "ssh_key:read")
async def get(call: Call) -> Answer:
    return Answer(200, {"ssh_key": find(call)})


@table.on("PUT", "/v2/account/keys/{key}", "ssh_key:update")
async def rename(call: Call) -> Answer:
    key = find(call)
    key["name"] = call.need("name")
    return Answer(200, {"ssh_key": key})


@table.on("DELETE", "/v2/account/keys/{key}", "ssh_key:delete")
async def delete(call: Call) -> Answer:
    call.account.keys.drop(find(call)["id"])
    return Answer(204)
