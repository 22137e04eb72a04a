"""How verbs speak: text for people, JSON for programs. Colour only on a terminal."""

import json
import logging
import sys
from dataclasses import dataclass

_COLOURS = {"ok": "32", "warn": "33", "fail": "31", "bold": "1", "dim": "2"}


@dataclass(frozen=True, slots=True)
class Voice:
    """Standard output. Plain ANSI and not rich: these are single lines, and start-up time counts at 3 a.m."""

    colour: bool

    def paint(self, style: str, text: str) -> str:
        return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if self.colour else text

    def line(self, text: str = "") -> None:
        print(text, flush=True)


def voice() -> Voice:
    return Voice(sys.stdout.isatty())


def print_json(value: object) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False), flush=True)


def log_to_stderr() -> None:
    """Notices go there too: whoever reads a daemon's output must not miss that a word is needed."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s  %(levelname)s  %(message)s")
