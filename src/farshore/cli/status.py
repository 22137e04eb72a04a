"""`farshore status`: which region sells, whether a failover would happen now, by which rule, and at what cost.

Reads the store of record only, so it answers with the daemon dead and the provider's API down.
"""

import argparse
import asyncio
import json
from typing import Any

from farshore.cli.failover_plan import read_grant
from farshore.cli.options import add_config, add_json
from farshore.cli.show import print_json, voice
from farshore.cli.status_page import lines
from farshore.daemon.lock import holder_of
from farshore.model.keys import operator_key, status_key
from farshore.model.operator import OperatorWord
from farshore.settings.load import load_settings
from farshore.settings.settings import Settings
from farshore.wiring.store import open_clock, open_store

EXAMPLES = """\
  farshore status
  farshore status --json | jq .would
"""


def configure(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    settings = load_settings(args.config)
    body = asyncio.run(_read(settings))
    if args.json:
        print_json(body)
    else:
        out = voice()
        for line in lines(body, out):
            out.line(line)
    return 0


async def _read(settings: Settings) -> dict[str, Any]:
    """The leader's last record, and beside it what is true now: who runs, how old the record is, who sells."""
    store, group = open_store(settings), settings.group
    record = await store.read(status_key(group.name))
    operator = await store.read(operator_key(group.name))
    grant = await read_grant(store, group)
    try:
        body: dict[str, Any] = json.loads(record.value) if record.value else {}
    except ValueError:
        body = {}
    now_s, at_s = open_clock().now_s(), body.get("at_s")
    # Written before the machine's last start, its clock was another one: then the age is not known.
    age_s = now_s - at_s if isinstance(at_s, int | float) and at_s <= now_s else None
    return body | {
        "group": group.name,
        "domains": [store_.domain for store_ in group.stores],
        "mode": group.mode,
        "daemon": holder_of(settings.state_file),
        "age_s": None if age_s is None else round(age_s, 1),
        "recorded": bool(record.value),
        "epoch": grant.epoch,
        "writer": grant.holder,
        "standby": group.other(grant.holder).region,
        "paused": OperatorWord.from_json(operator.value, operator.revision).paused,
    }
