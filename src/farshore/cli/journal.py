"""`farshore journal`: what has happened, line by line, as sentences or as the stored JSON."""

import argparse
import asyncio
import json

from farshore.cli.follow import follow
from farshore.cli.options import add_config, add_json
from farshore.daemon.story import Story
from farshore.model.failure import Refused
from farshore.plan.journal import from_json
from farshore.ports.coordination import Line
from farshore.settings.load import load_settings
from farshore.settings.settings import Settings
from farshore.wiring.store import open_clock, open_store

EXAMPLES = """\
  farshore journal
  farshore journal --last 20 --follow
  farshore journal --json | jq .
"""


def configure(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    parser.add_argument("--last", type=int, metavar="N", help="only the last N lines")
    parser.add_argument("--follow", action="store_true", help="go on as lines are added, until Ctrl-C")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    asyncio.run(_print(load_settings(args.config), args))
    return 0


async def _print(settings: Settings, args: argparse.Namespace) -> None:
    store, story = open_store(settings), Story()
    lines = await store.journal()
    shown = max(0, len(lines) - args.last) if args.last is not None else 0
    for index, line in enumerate(lines):
        text = _text(line, story, args.json)  # also of those not shown: the story learns when their plan began
        if index >= shown:
            print(text)
    if not lines and not args.json:
        print("The journal is empty: no controller has led this group yet.")
    if args.follow:
        async for fresh in follow(store, open_clock(), lines[-1].number if lines else 0):
            if fresh is not None:
                print(_text(fresh, story, args.json), flush=True)


def _text(line: Line, story: Story, as_json: bool) -> str:
    if as_json:
        try:
            body = json.loads(line.body)
        except ValueError:
            body = {"unreadable": line.body}
        return json.dumps({"number": line.number, "term": line.term, "at": line.at, **body}, ensure_ascii=False)
    try:
        told = story.tell(from_json(line.body))
    except Refused as error:
        told = str(error)
    return f"{line.number:>5}  {line.at}  {told}"
