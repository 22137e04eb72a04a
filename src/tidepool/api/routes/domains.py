"""/v2/domains"""

import ipaddress
import re

from tidepool.api.account import Account
from tidepool.api.backend import Json
from tidepool.api.errors import unprocessable
from tidepool.api.objects import Domain
from tidepool.api.paging import page
from tidepool.api.routing import Answer, Call, Table

table = Table()
NAME = re.compile(r"^(?=.{3,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,61}$")
NAMESERVERS = [f"ns{n}.digitalocean.com" for n in (1, 2, 3)]
DEFAULT_TTL = 1800
FULL_NAME_TYPES = ("CNAME", "MX", "NS", "SRV", "CAA")


def record(account: Account, kind: str, name: str, data: str, ttl: int = DEFAULT_TTL, **more: int | str | None) -> Json:
    found: Json = {"id": account.number(), "type": kind, "name": name, "data": data, "priority": None, "port": None}
    return {**found, "ttl": ttl, "weight": None, "flags": None, "tag": None, **more}


def check_address(kind: str, text: str) -> str:
    try:
        if ipaddress.ip_address(text).version == (4 if kind == "A" else 6):
            return text
    except ValueError:
        pass
    raise unprocessable("IP address is invalid")


async def publish(account: Account, domain: Domain) -> None:
    """Serve what the customer made. The apex SOA and DigitalOcean's NS are the zone server's own affair."""
    async with account.locks[f"zone {domain.name}"]:
        made = [r for r in domain.records.values() if r["type"] != "SOA" and r["data"] not in NAMESERVERS]
        await account.backend.zone_apply(domain.name, made)


def _json(domain: Domain) -> Json:
    lines = [f"$ORIGIN {domain.name}.", f"$TTL {DEFAULT_TTL}"]
    soa = f"ns1.digitalocean.com. hostmaster.{domain.name}. 1700000000 10800 3600 604800 1800"
    lines.append(f"{domain.name}. IN SOA {soa}")
    for item in domain.records.values():
        if item["type"] == "SOA":
            continue
        owner = f"{domain.name}." if item["name"] == "@" else f"{item['name']}.{domain.name}."
        numbers = [str(item[key]) for key in ("priority", "weight", "port") if item[key] is not None]
        dot = "." if item["type"] in FULL_NAME_TYPES else ""
        lines.append(f"{owner} {item['ttl']} IN {item['type']} {' '.join([*numbers, item['data']])}{dot}")
    return {"name": domain.name, "ttl": DEFAULT_TTL, "zone_file": "\n".join(lines) + "\n"}


@table.on("GET", "/v2/domains", "domain:read")
async def list_all(call: Call) -> Answer:
    return page(call, "/v2/domains", "domains", [_json(domain) for domain in call.account.domains])


@table.on("POST", "/v2/domains", "domain:create")
async def create(call: Call) -> Answer:
    account, name = call.account, str(call.need("name")).lower().rstrip(".")
    if not NAME.fullmatch(name):
        raise unprocessable(f"Domain name {name!r} is not valid")
    if name in account.domains:
        raise unprocessable(f"Domain {name} already exists in your account")
    domain = Domain(name)
    first = [record(account, "SOA", "@", str(DEFAULT_TTL))]
    first += [record(account, "NS", "@", server) for server in NAMESERVERS]
    if address := call.body.get("ip_address"):
        first.append(record(account, "A", "@", check_address("A", address)))
    domain.records = {item["id"]: item for item in first}
    account.domains.put(name, domain)
    await publish(account, domain)
    return Answer(201, {"domain": {"name": name, "ttl": DEFAULT_TTL, "zone_file": None}})


@table.on("GET", "/v2/domains/{domain}", "domain:read")
async def get(call: Call) -> Answer:
    return Answer(200, {"domain": _json(call.account.domains.get(call.params["domain"]))})


@table.on("DELETE", "/v2/domains/{domain}", "domain:delete")
async def delete(call: Call) -> Answer:
    domain = call.account.domains.get(call.params["domain"])
    call.account.domains.drop(domain.name)
    await call.account.backend.zone_remove(domain.name)
    return Answer(204)
