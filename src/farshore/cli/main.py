"""The command line: finds the verb, imports only that one, and turns foreseeable errors into one sentence.

Exit codes: 0 done, 1 not done (the sentence says what to do next), 2 bad input. This module and the verb
`agent` need the standard library only, because app servers run them from a zip application.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Protocol

from farshore.model.failure import Failure
from farshore.settings.problem import BadSettings

# One line per verb: the words, the module below farshore.cli, what it is for. The order is that of `--help`.
VERBS: dict[str, tuple[str, str]] = {
    "init": ("init", "write a small commented farshore.yaml and the group's authority"),
    "check": ("check", "say what would break a failover today"),
    "agents deploy": ("agents_deploy", "put the agent on every app server, over SSH"),
    "watch": ("watch", "run the controller: watch, decide, fail over"),
    "status": ("status", "say which region sells, and whether a failover would happen now"),
    "plan failover": ("plan_failover", "print what a failover would do, and its checksum"),
    "failover": ("failover", "move the stores to the other region"),
    "switchover": ("switchover", "move the writer as planned, with nothing lost"),
    "rebuild": ("rebuild", "have the old region stand by again"),
    "failback": ("failback", "move the writer home, with nothing lost"),
    "reconcile": ("reconcile", "after a failover, find orders that were lost or half written, and put them right"),
    "pause": ("pause", "stop automatic failovers until `resume`"),
    "resume": ("resume", "allow automatic failovers again"),
    "approve": ("approve", "let a failover that waits for a word go on"),
    "abort": ("abort", "stop the running failover before its next step"),
    "take-over": ("take_over", "mark a step as done by hand"),
    "journal": ("journal", "print what has happened, line by line"),
    "runbook": ("runbook", "print the failover as shell commands to type by hand"),
    "terraform moves": ("terraform_moves", "after a failover, say what Terraform's state must forget and import"),
    "terraform guard": ("terraform_guard", "refuse a Terraform plan that would hurt the region that sells"),
    "agent": ("agent", "run on an app server: point it, and watch from there"),
    "drill": ("drill", "break a region on purpose and measure"),
    "bench": ("bench", "compare failovers with Patroni and with the script that founded this project"),
}


class Verb(Protocol):
    """What each module of a verb offers."""

    EXAMPLES: str

    def configure(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, args: argparse.Namespace) -> int: ...


def main(argv: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        found = _find(words)
        if found is None:
            return _no_verb(words)
        name, rest = found
        return run_verb(name, rest)
    except BrokenPipeError:  # `farshore journal | head` is no error
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


def run_verb(name: str, rest: Sequence[str]) -> int:
    try:
        verb = import_module(f"farshore.cli.{VERBS[name][0]}")
    except ModuleNotFoundError as error:
        print(
            f"farshore {name}: {error.name} is not installed here; run it where the whole of farshore is installed.",
            file=sys.stderr,
        )
        return 1
    args = parser_for(name, verb).parse_args(rest)
    try:
        return int(verb.run(args))
    except BadSettings as error:
        print(error, file=sys.stderr)
        return 2
    except Failure as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        raise
    except OSError as error:
        where = error.filename if error.filename is not None else f"farshore {name}"
        print(f"{where}: {error.strerror or error}; repair that and repeat.", file=sys.stderr)
        return 1


def parser_for(name: str, verb: object) -> argparse.ArgumentParser:
    purpose = VERBS[name][1]
    examples: str = getattr(verb, "EXAMPLES", "")
    parser = argparse.ArgumentParser(
        prog=f"farshore {name}",
        description=purpose[0].upper() + purpose[1:] + ".",
        epilog=f"examples:\n{examples}" if examples else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    verb.configure(parser)  # type: ignore[attr-defined]
    return parser


def top_help() -> str:
    lines = [
        "usage: farshore VERB [options]",
        "",
        "Keeps a WooCommerce store open when its region is not.",
        "",
        "verbs:",
    ]
    lines += [f"  {name:<15}  {purpose}" for name, (_, purpose) in VERBS.items()]
    lines += ["", "`farshore VERB --help` tells more. First: `farshore init`, then `farshore check`."]
    return "\n".join(lines)


def _find(words: Sequence[str]) -> tuple[str, list[str]] | None:
    for length in (2, 1):
        name = " ".join(words[:length])
        if len(words) >= length and name in VERBS:
            return name, list(words[length:])
    return None


def _no_verb(words: Sequence[str]) -> int:
    if words and words[0] in {"-h", "--help", "help"}:
        print(top_help())
        return 0
    if words and words[0] == "--version":
        from importlib.metadata import version

        print(f"farshore {version('farshore')}")
        return 0
    if not words:
        print(top_help(), file=sys.stderr)
        return 2
    from difflib import get_close_matches

    longer = [name for name in VERBS if name.startswith(words[0] + " ")]
    near = longer or get_close_matches(" ".join(words[:2]), VERBS, 1) or get_close_matches(words[0], VERBS, 1)
    remedy = f"did you mean `farshore {near[0]}`?" if near else "`farshore --help` lists the verbs."
    print(f"farshore: there is no verb {' '.join(words[:2])!r}; {remedy}", file=sys.stderr)
    return 2
