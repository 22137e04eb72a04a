"""A database server's trusted sources: replaced as a whole list, and open to the world when that is empty."""

from collections.abc import Sequence

from farshore.adapters.digitalocean.account import Account, Forbidden, Json
from farshore.model.failure import Refused, RetryLater
from farshore.ports.cloud import DatabaseServer, Source

_RULES_MAX = 100


async def read(account: Account, server: DatabaseServer) -> tuple[Source, ...]:
    """A replica has its own, below an id of its own."""
    body = await account.read(account.client.databases.list_firewall_rules, server.id)
    if body is None:
        raise Refused(f"The account has no database {server.name} with the id {server.id}.", "Run `farshore check`.")
    return tuple(
        Source(str(r["type"]), str(r["value"]), str(r.get("description") or ""), str(r.get("uuid") or ""))
        for r in body.get("rules") or []
    )


async def replace(account: Account, server: DatabaseServer, rules: Sequence[Source]) -> None:
    wanted = {(rule.kind, rule.value): rule for rule in rules}
    if not wanted:
        raise Refused(
            f"An empty list of trusted sources would open database {server.name} to the whole world.",
            "Name at least one source; the rule NOBODY admits nobody.",
        )
    if len(wanted) > _RULES_MAX:
        raise Refused(
            f"Database {server.name} can have {_RULES_MAX} trusted sources; {len(wanted)} are wanted.",
            "Name app servers by their tag.",
        )
    now = {(rule.kind, rule.value): rule for rule in await read(account, server)}
    if now.keys() == wanted.keys():
        return
    body = {"rules": [_json(now.get(key, rule)) for key, rule in wanted.items()]}
    try:
        done = await account.write(account.client.databases.update_firewall_rules, server.id, body)
    except Forbidden as error:
        raise Refused(error.what, "Give the token the scope database:update.") from error
    if done is None:
        raise Refused(f"The account has no database {server.name} with the id {server.id}.", "Run `farshore check`.")
    if {(rule.kind, rule.value) for rule in await read(account, server)} != wanted.keys():
        raise RetryLater(f"Database {server.name} does not show its new trusted sources yet.", after_s=0.5)


def _json(rule: Source) -> Json:
    """Without an empty uuid or description: a rule that the provider knows keeps its own."""
    optional = {"uuid": rule.id, "description": rule.note}
    return {"type": rule.kind, "value": rule.value} | {key: value for key, value in optional.items() if value}
