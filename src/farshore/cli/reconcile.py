"""`farshore reconcile`: which orders a failover lost, half wrote or had paid twice, and puts them right.

A dry run unless told otherwise. Restored orders keep number, key and dates; nobody gets a mail.
"""

import argparse
import asyncio
import os
import re
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from farshore.cli.options import add_config, add_json
from farshore.cli.show import log_to_stderr, print_json
from farshore.model.group import Store
from farshore.settings.load import load_settings
from farshore.settings.problem import BadSettings
from farshore.settings.settings import Settings

EXAMPLES = """\
  farshore reconcile                           # says what it would do, and changes nothing
  farshore reconcile --apply --out report.html
  farshore reconcile --since 3h --store shop --json | jq '.[].found'
"""
_UNITS_S = {"m": 60, "h": 3600, "d": 86400}


def configure(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    parser.add_argument("--apply", action="store_true", help="put right what can be; without it nothing is changed")
    parser.add_argument("--store", action="append", default=[], metavar="NAME", help="only this one; may be repeated")
    parser.add_argument(
        "--since",
        metavar="WHEN",
        help="look at orders since then: 90m, 3h, 2d, or a time in UTC such as 2026-11-23T14:00 (default: an hour "
        "before the last change of the writer)",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE.html", help="write the report as a page, too; it names customers"
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    from farshore.reconcile.report import passed
    from farshore.wiring.reconciling import reconcile_stores

    log_to_stderr()
    settings = load_settings(args.config)
    stores, since_s = _stores(settings, args.store), _since(args.since)
    reports = asyncio.run(
        reconcile_stores(settings, stores, since_s, args.apply, lambda text: print(text, file=sys.stderr, flush=True))
    )
    if args.out is not None:
        from farshore.reconcile.page import page

        _write(args.out, page(reports))
    if args.json:
        print_json([report.to_json() for report in reports])
    else:
        from rich.console import Console

        from farshore.reconcile.text import show

        for report in reports:
            show(report, Console())
        if not args.apply and any(report.outcome.left for report in reports):
            print("\nNothing was changed. Next: `farshore reconcile --apply`.")
    return 0 if passed(reports) else 1


def _stores(settings: Settings, names: Sequence[str]) -> list[Store]:
    known = {store.name: store for store in settings.group.stores}
    for name in names:
        if name not in known:
            raise BadSettings(f"--store is {name!r}; {settings.file} has {', '.join(known)}.")
    return [store for name, store in known.items() if not names or name in names]


def _since(text: str | None) -> float | None:
    if text is None:
        return None
    span = re.fullmatch(r"([0-9]{1,6})([mhd])", text)
    if span:
        return time.time() - int(span[1]) * _UNITS_S[span[2]]
    try:
        at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise BadSettings(
            f"--since is {text!r}; write 90m, 3h, 2d, or a time in UTC such as 2026-11-23T14:00."
        ) from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _write(file: Path, text: str) -> None:
    """For its owner alone: it names customers."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        opened.write(text)
    print(f"The report is in {file}.", file=sys.stderr)
