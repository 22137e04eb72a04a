"""/v2/domains/{domain}/records: DigitalOcean's rules for names, final dots and TTLs."""

import re
from typing import Any

from tidepool.api.backend import Json
from tidepool.api.errors import not_found, unprocessable
from tidepool.api.objects import Domain
from tidepool.api.paging import page
from tidepool.api.routes.domains import DEFAULT_TTL, FULL_NAME_TYPES, check_address, publish, record
from tidepool.api.routing import Answer, Call, Table

table = Table()
TYPES = ("A", "AAAA", "CAA", "CNAME", "MX", "NS", "SRV", "TXT")
TTL_MIN = 30
LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
HOST = re.compile(rf"^(\*|(\*\.)?{LABEL}(\.{LABEL})*\.?)$", re.IGNORECASE)
NUMBERS = {"MX": ("priority",), "SRV": ("priority", "port", "weight"), "CAA": ("flags",)}


def _find(call: Call) -> tuple[Domain, Json]:
    domain = call.account.domains.get(call.params["domain"])
    number = call.params["record_id"]
    if not number.isdigit() or (found := domain.records.get(int(number))) is None:
        raise not_found()
    return domain, found


def _data(kind: str, data: Any) -> str:
    text = str(data or "")
    if not text:
        raise unprocessable("Data can't be blank")
    if kind in ("A", "AAAA"):
        check_address(kind, text)
    if kind in FULL_NAME_TYPES and text != "@" and not text.endswith("."):
        raise unprocessable("Data needs to end with a dot (.)")
    if kind not in FULL_NAME_TYPES:
        return text
    if text != "@" and not HOST.fullmatch(text):
        raise unprocessable(f"Data {text!r} is not a valid host name")
    return text.rstrip(".")


def _ttl(value: Any) -> int:
    ttl = int(value or DEFAULT_TTL)
    if ttl < TTL_MIN:
        raise unprocessable(f"TTL must be greater than or equal to {TTL_MIN}")
    return ttl


def _name(domain: Domain, value: Any) -> str:
    name = str(value or "@").lower().rstrip(".")
    name = "@" if name == domain.name else name.removesuffix(f".{domain.name}")
    if name != "@" and not HOST.fullmatch(name):
        raise unprocessable(f"Name {name!r} is not a valid record name")
    return name


def _details(kind: str, body: Json) -> Json:
    """Fields that only some types have; clients send zeros for the others, reads answer null."""
    found: Json = {key: int(body[key] or 0) for key in NUMBERS.get(kind, ()) if key in body}
    if kind == "CAA" and "tag" in body:
        found["tag"] = body["tag"]
    return found


def _one_ttl(domain: Domain, changed: Json) -> None:
    """All records of one name share a TTL: DigitalOcean silently changes the others."""
    for other in domain.records.values():
        if other["name"] == changed["name"] and other["type"] not in ("SOA", "NS"):
            other["ttl"] = changed["ttl"]


def _no_clash(domain: Domain, new: Json) -> None:
    for other in domain.records.values():
        if other["name"] != new["name"] or other["id"] == new["id"]:
            continue
        if "CNAME" in (other["type"], new["type"]):
            raise unprocessable("CNAME records cannot share a name with other records")
        if (other["type"], other["data"]) == (new["type"], new["data"]) and new["type"] in ("A", "AAAA"):
            raise unprocessable("Record already exists")


@table.on("GET", "/v2/domains/{domain}/records", "domain:read")
async def list_all(call: Call) -> Answer:
    domain = call.account.domains.get(call.params["domain"])
    found = list(domain.records.values())
    if kind := call.query.get("type"):
        found = [item for item in found if item["type"] == kind.upper()]
    if full := call.query.get("name"):
        wanted = full.lower().rstrip(".")
        if wanted != domain.name and not wanted.endswith(f".{domain.name}"):
            raise unprocessable("name must be the fully qualified name of a record of this domain")
        found = [item for item in found if item["name"] == _name(domain, wanted)]
    return page(call, f"/v2/domains/{domain.name}/records", "domain_records", found)


@table.on("POST", "/v2/domains/{domain}/records", "domain:create", "domain:update")
async def create(call: Call) -> Answer:
    domain = call.account.domains.get(call.params["domain"])
    kind = str(call.need("type")).upper()
    if kind not in TYPES:
        raise unprocessable(f"Type {kind!r} is not one of {', '.join(TYPES)}")
    data, ttl = _data(kind, call.body.get("data")), _ttl(call.body.get("ttl"))
    new = record(call.account, kind, _name(domain, call.need("name")), data, ttl, **_details(kind, call.body))
    _no_clash(domain, new)
    domain.records[new["id"]] = new
    _one_ttl(domain, new)
    await publish(call.account, domain)
    return Answer(201, {"domain_record": new})


@table.on("GET", "/v2/domains/{domain}/records/{record_id}", "domain:read")
async def get(call: Call) -> Answer:
    return Answer(200, {"domain_record": _find(call)[1]})


@table.on("PUT", "/v2/domains/{domain}/records/{record_id}", "domain:update")
@table.on("PATCH", "/v2/domains/{domain}/records/{record_id}", "domain:update")
async def update(call: Call) -> Answer:
    domain, old = _find(call)
    kind = old["type"]
    new = {**old, **_details(kind, call.body)}
    if call.body.get("ttl"):
        new["ttl"] = _ttl(call.body["ttl"])
    if kind != "SOA":  # of which only the TTL can be edited
        if call.body.get("name"):
            new["name"] = _name(domain, call.body["name"])
        if call.body.get("data") or kind in FULL_NAME_TYPES:
            new["data"] = _data(kind, call.body.get("data"))
        _no_clash(domain, new)
    old.update(new)
    _one_ttl(domain, old)
    await publish(call.account, domain)
    return Answer(200, {"domain_record": old})


@table.on("DELETE", "/v2/domains/{domain}/records/{record_id}", "domain:delete", "domain:update")
async def delete(call: Call) -> Answer:
    domain, old = _find(call)
    if old["type"] == "SOA":
        raise unprocessable("SOA records cannot be deleted")
    del domain.records[old["id"]]
    await publish(call.account, domain)
    return Answer(204)
