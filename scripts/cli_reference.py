"""Writes docs/cli.md from the verbs' own --help; `--check` only says whether it is up to date (a test calls it)."""

import os
import sys
from importlib import import_module
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "cli.md"
_HEAD = """\
# The command line

Written by `python scripts/cli_reference.py` from `--help`; a test fails when it is out of date.

Exit codes: 0 done, 1 not done (one sentence says what to do next), 2 bad input. With `--json` the answer is
JSON on standard output; progress and errors go to standard error.
"""


def page() -> str:
    os.environ["COLUMNS"] = "100"  # argparse wraps to the terminal otherwise
    os.environ["NO_COLOR"] = "1"
    from farshore.cli.main import VERBS, parser_for, top_help

    parts = [_HEAD, f"```\n{top_help()}\n```\n"]
    for name, (module, _) in VERBS.items():
        try:
            verb = import_module(f"farshore.cli.{module}")
        except ModuleNotFoundError:
            continue
        parts.append(f"## farshore {name}\n\n```\n{parser_for(name, verb).format_help().rstrip()}\n```\n")
    return "\n".join(parts)


def main() -> int:
    text = page()
    if "--check" in sys.argv[1:]:
        if PAGE.read_text(encoding="utf-8") == text:
            return 0
        print("docs/cli.md is out of date; run: python scripts/cli_reference.py", file=sys.stderr)
        return 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
