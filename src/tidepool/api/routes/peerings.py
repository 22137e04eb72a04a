"""/v2/vpc_peerings, also below a VPC. The lab's peering link always exists; the object only tells its state."""

import asyncio
import re

from tidepool.api.account import Account, fresh_id, now
from tidepool.api.backend import Json
from tidepool.api.errors import unprocessable
from tidepool.api.paging import page
from tidepool.api.routing import Answer, Call, Table

table = Table()
NAME = re.compile(r"^[a-zA-Z0-9\-]+$")


async def _provision(account: Account, peering: Json) -> None:
    await asyncio.sleep(account.pace.scaled(account.pace.peering_s))
    if peering["status"] == "PROVISIONING":
        peering["status"] = "ACTIVE"


async def _remove(account: Account, peering: Json) -> None:
    await asyncio.sleep(account.pace.scaled(account.pace.peering_s))
    account.peerings.drop(peering["id"])


def _make(account: Account, name: str, ids: list[str]) -> Answer:
    if not NAME.fullmatch(name):
        raise unprocessable("name may hold letters, digits and dashes only")
    if len(set(ids)) != 2 or any(vpc_id not in account.vpcs for vpc_id in ids):
        raise unprocessable("vpc_ids must name two different VPC networks of this account")
    if account.peerings.first(lambda p: set(p["vpc_ids"]) == set(ids)):
        raise unprocessable("These VPC networks are peered already")
    peering = {"id": fresh_id(), "name": name, "vpc_ids": ids, "status": "PROVISIONING", "created_at": now()}
    account.peerings.put(peering["id"], peering)
    account.spawn(_provision(account, peering))
    return Answer(202, {"vpc_peering": dict(peering)})


@table.on("GET", "/v2/vpc_peerings", "vpc_peering:read")
async def list_all(call: Call) -> Answer:
    region = call.query.get("region")
    vpcs = call.account.vpcs
    found = [
        p
        for p in call.account.peerings
        if not region or any(vpcs.get(vpc_id)["region"] == region for vpc_id in p["vpc_ids"])
    ]
    return page(call, "/v2/vpc_peerings", "vpc_peerings", found)


@table.on("POST", "/v2/vpc_peerings", "vpc_peering:create")
async def create(call: Call) -> Answer:
    return _make(call.account, str(call.need("name")), list(call.need("vpc_ids")))


@table.on("GET", "/v2/vpc_peerings/{peering_id}", "vpc_peering:read")
async def get(call: Call) -> Answer:
    return Answer(200, {"vpc_peering": call.account.peerings.get(call.params["peering_id"])})


@table.on("PATCH", "/v2/vpc_peerings/{peering_id}", "vpc_peering:update")
async def rename(call: Call) -> Answer:
    peering = call.account.peerings.get(call.params["peering_id"])
    peering["name"] = call.need("name")
    return Answer(200, {"vpc_peering": peering})


@table.on("DELETE", "/v2/vpc_peerings/{peering_id}", "vpc_peering:delete")
async def delete(call: Call) -> Answer:
    peering = call.account.peerings.get(call.params["peering_id"])
    if peering["status"] != "DELETING":
        peering["status"] = "DELETING"
        call.account.spawn(_remove(call.account, peering))
    return Answer(202, {"vpc_peering": dict(peering)})


@table.on("GET", "/v2/vpcs/{vpc_id}/peerings", "vpc_peering:read")
async def list_of_vpc(call: Call) -> Answer:
    vpc_id = call.account.vpcs.get(call.params["vpc_id"])["id"]
    found = [p for p in call.account.peerings if vpc_id in p["vpc_ids"]]
    return page(call, f"/v2/vpcs/{vpc_id}/peerings", "peerings", found)


@table.on("POST", "/v2/vpcs/{vpc_id}/peerings", "vpc_peering:create")
async def create_from_vpc(call: Call) -> Answer:
    vpc_id = call.account.vpcs.get(call.params["vpc_id"])["id"]
    answer = _make(call.account, str(call.need("name")), [vpc_id, str(call.need("vpc_id"))])
    return Answer(202, {"peering": (answer.body or {})["vpc_peering"]})


@table.on("PATCH", "/v2/vpcs/{vpc_id}/peerings/{peering_id}", "vpc_peering:update")
async def rename_from_vpc(call: Call) -> Answer:
    answer = await rename(call)
    return Answer(200, {"peering": (answer.body or {})["vpc_peering"]})
