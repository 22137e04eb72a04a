"""/v2/vpcs and their members"""

import ipaddress
import re
from collections.abc import Iterator

from tidepool.api import catalogue
from tidepool.api.account import Account, fresh_id, now
from tidepool.api.backend import Json
from tidepool.api.errors import ApiError, unprocessable
from tidepool.api.paging import page
from tidepool.api.routing import Answer, Call, Table

table = Table()
NAME = re.compile(r"^[a-zA-Z0-9\-.]+$")
RFC1918 = [ipaddress.IPv4Network(net) for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
AUTOMATIC = ipaddress.IPv4Network("10.112.0.0/12")  # where ranges nobody asked for come from


def _range(account: Account, wanted: str | None) -> str:
    taken = [ipaddress.IPv4Network(vpc["ip_range"]) for vpc in account.vpcs]
    if not wanted:
        return str(next(n for n in AUTOMATIC.subnets(new_prefix=20) if not any(n.overlaps(t) for t in taken)))
    try:
        network = ipaddress.IPv4Network(wanted)
    except ValueError:
        raise unprocessable(f"ip_range {wanted!r} is not a valid network in CIDR notation") from None
    if not 16 <= network.prefixlen <= 28 or not any(network.subnet_of(private) for private in RFC1918):
        raise unprocessable("ip_range must be a private network between /16 and /28")
    if any(network.overlaps(other) for other in taken):
        raise unprocessable("This range/size overlaps with another VPC network in your account.")
    return str(network)


def make(account: Account, name: str, region: str, ip_range: str | None, description: str) -> Json:
    catalogue.region(region)
    if not NAME.fullmatch(name) or account.vpcs.first(lambda vpc: bool(vpc["name"] == name)):
        raise unprocessable(
            f"VPC name {name!r} is already in use or holds characters other than letters, digits, - and ."
        )
    vpc_id = fresh_id()
    first = account.vpcs.first(lambda vpc: bool(vpc["region"] == region)) is None
    vpc = {
        "id": vpc_id, "urn": f"do:vpc:{vpc_id}", "name": name, "description": description, "region": region,
        "ip_range": _range(account, ip_range), "default": first, "created_at": now(),
    }  # fmt: skip
    return account.vpcs.put(vpc_id, vpc)


def place(account: Account, wanted: str | None, region: str) -> str:
    """The VPC that a new resource goes to: the one asked for, or the region's default, made when there is none."""
    if wanted:
        if wanted not in account.vpcs or account.vpcs.get(wanted)["region"] != region:
            raise unprocessable(f"VPC {wanted} does not exist in {region}")
        return wanted
    default = account.vpcs.first(lambda vpc: vpc["region"] == region and vpc["default"])
    return str((default or make(account, f"default-{region}", region, None, ""))["id"])


def members(account: Account, vpc_id: str) -> Iterator[Json]:
    for droplet in account.droplets:
        if droplet["vpc_uuid"] == vpc_id:
            yield {"name": droplet["name"], "urn": f"do:droplet:{droplet['id']}", "created_at": droplet["created_at"]}
    for balancer in account.balancers:
        if balancer["vpc_uuid"] == vpc_id:
            urn = f"do:loadbalancer:{balancer['id']}"
            yield {"name": balancer["name"], "urn": urn, "created_at": balancer["created_at"]}
    for database in account.databases:
        if database.json["private_network_uuid"] == vpc_id:
            yield {"name": database.name, "urn": f"do:dbaas:{database.id}", "created_at": database.json["created_at"]}


@table.on("GET", "/v2/vpcs", "vpc:read")
async def list_all(call: Call) -> Answer:
    return page(call, "/v2/vpcs", "vpcs", call.account.vpcs)


@table.on("POST", "/v2/vpcs", "vpc:create")
async def create(call: Call) -> Answer:
    name, region = str(call.need("name")), str(call.need("region"))
    vpc = make(call.account, name, region, call.body.get("ip_range"), call.body.get("description") or "")
    return Answer(201, {"vpc": vpc})


@table.on("GET", "/v2/vpcs/{vpc_id}", "vpc:read")
async def get(call: Call) -> Answer:
    return Answer(200, {"vpc": call.account.vpcs.get(call.params["vpc_id"])})


@table.on("PUT", "/v2/vpcs/{vpc_id}", "vpc:update")
@table.on("PATCH", "/v2/vpcs/{vpc_id}", "vpc:update")
async def update(call: Call) -> Answer:
    vpc = call.account.vpcs.get(call.params["vpc_id"])
    if call.body.get("default") is False and vpc["default"]:
        raise unprocessable("A default VPC cannot be unset; set another one as default.")
    if call.body.get("default"):
        for other in call.account.vpcs:
            if other["region"] == vpc["region"]:
                other["default"] = False
    vpc.update({key: call.body[key] for key in ("name", "description", "default") if call.body.get(key) is not None})
    return Answer(200, {"vpc": vpc})


@table.on("DELETE", "/v2/vpcs/{vpc_id}", "vpc:delete")
async def delete(call: Call) -> Answer:
    vpc = call.account.vpcs.get(call.params["vpc_id"])
    if any(members(call.account, vpc["id"])):
        raise ApiError(403, "Can not delete VPC with members")
    if vpc["default"] and any(v["region"] == vpc["region"] and v is not vpc for v in call.account.vpcs):
        raise ApiError(403, "Can not delete default VPCs")
    call.account.vpcs.drop(vpc["id"])
    return Answer(204)


@table.on("GET", "/v2/vpcs/{vpc_id}/members", "vpc:read")
async def list_members(call: Call) -> Answer:
    vpc = call.account.vpcs.get(call.params["vpc_id"])
    kind = call.query.get("resource_type")
    found = [m for m in members(call.account, vpc["id"]) if not kind or m["urn"].startswith(f"do:{kind}:")]
    return page(call, f"/v2/vpcs/{vpc['id']}/members", "members", found)
