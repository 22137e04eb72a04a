"""`farshore watch`: the controller as a daemon, one line per event on standard output, until SIGTERM."""

import argparse
import asyncio
import json

from farshore.cli.options import add_adopt, add_config, adopted_region
from farshore.cli.show import log_to_stderr
from farshore.daemon.health import tell_store_trouble
from farshore.daemon.lock import Lock
from farshore.daemon.printer import event_printer, say
from farshore.daemon.rival import tell_rival
from farshore.daemon.run import run_daemon
from farshore.settings.load import load_settings
from farshore.settings.settings import Settings
from farshore.wiring.controller import controller
from farshore.wiring.store import open_clock

EXAMPLES = """\
  farshore watch
  farshore watch --config /etc/farshore/farshore.yaml --json
  farshore watch --systemd-unit > /etc/systemd/system/farshore.service
"""


def configure(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    add_adopt(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    parser.add_argument("--systemd-unit", action="store_true", help="print a systemd unit for this and exit")


def run(args: argparse.Namespace) -> int:
    settings = load_settings(args.config)
    if args.systemd_unit:
        from farshore.provision.watch_unit import watch_unit

        print(watch_unit(settings.file), end="")
        return 0
    log_to_stderr()
    with Lock(settings.state_file, "farshore watch"):
        asyncio.run(_watch(settings, args.json, adopted_region(args, settings.group)))
    return 0


async def _watch(settings: Settings, as_json: bool, adopted: str | None) -> None:
    clock, group = open_clock(), settings.group

    def note(kind: str, what: str) -> None:
        line = json.dumps({"at": clock.wall(), "kind": kind, "what": what}) if as_json else f"{clock.wall()}  {what}"
        say(line)

    async with controller(settings, event_printer(as_json, clock.wall), adopted) as leading:
        regions = f"{group.first.region}, {group.second.region}"
        note("started", f"watching group {group.name} ({regions}) from {settings.controller.place}")
        trouble = tell_store_trouble(lambda: leading.state, lambda what: note("store", what), clock.now_s)
        rival = tell_rival(lambda: leading.state.views.values(), lambda what: note("rival", what))
        await run_daemon(leading, trouble, rival)
    note("stopped", "stopped")
