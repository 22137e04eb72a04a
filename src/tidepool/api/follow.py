"""What follows droplets and tags live: balancers that pick their droplets by tag, and databases' trusted sources."""

import asyncio
import logging

from tidepool.api.account import Account
from tidepool.api.backend import BackendError, Json
from tidepool.api.objects import Database

log = logging.getLogger(__name__)


def addresses(droplet: Json, kind: str) -> list[str]:
    return [net["ip_address"] for net in droplet["networks"]["v4"] if net["type"] == kind]


def chosen_droplets(account: Account, balancer: Json) -> list[Json]:
    """The droplets behind a balancer; only those of its own region can be."""
    wanted = set(balancer.get("droplet_ids") or [])
    tag = balancer.get("tag") or ""
    region = balancer["region"]["slug"]
    return [
        droplet
        for droplet in account.droplets
        if (droplet["tags"].count(tag) if tag else droplet["id"] in wanted) and droplet["region"]["slug"] == region
    ]


async def apply_balancer(account: Account, balancer: Json) -> str:
    """Make the balancer as its object says now; returns its address."""
    async with account.locks[balancer["id"]]:
        backends = [ip for droplet in chosen_droplets(account, balancer) for ip in addresses(droplet, "private")]
        wanted = {rule.get("certificate_id") for rule in balancer["forwarding_rules"]} - {None, ""}
        certificates = {
            cert.json["id"]: (cert.chain_pem, cert.key_pem)
            for cert in account.certificates
            if cert.json["id"] in wanted
        }
        return await account.backend.balancer_apply(balancer, backends, certificates)


def trusted(account: Account, rules: list[Json]) -> list[str] | None:
    """Source addresses that the rules name. No rules: everybody, as at DigitalOcean; rules matching nothing: nobody."""
    if not rules:
        return None
    found: list[str] = []
    for rule in rules:
        kind, value = rule["type"], rule["value"]
        if kind == "ip_addr":
            found.append(value)
        for droplet in account.droplets:
            if (kind == "droplet" and str(droplet["id"]) == value) or (kind == "tag" and value in droplet["tags"]):
                found += addresses(droplet, "public") + addresses(droplet, "private")
    return list(dict.fromkeys(found))


async def apply_trust(account: Account, database: Database) -> None:
    async with account.locks[database.id]:
        await account.backend.database_trust(database.id, trusted(account, database.rules))


async def droplets_changed(account: Account) -> None:
    """A droplet came, went or changed its tags. DigitalOcean follows in the background: if a part of the world is down,
    that is no failure of the request that changed the droplet."""
    balancers = [b for b in account.balancers if b["status"] == "active"]
    databases = [
        d
        for d in account.databases
        if d.ca_pem and not d.doomed and any(r["type"] in ("droplet", "tag") for r in d.rules)
    ]
    outcomes = await asyncio.gather(
        *(apply_balancer(account, balancer) for balancer in balancers),
        *(apply_trust(account, database) for database in databases),
        return_exceptions=True,
    )
    for outcome in outcomes:
        if isinstance(outcome, BackendError):
            log.warning("could not follow a change of droplets: %s", outcome)
        elif isinstance(outcome, BaseException):
            raise outcome
