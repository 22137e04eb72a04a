"""`farshore approve`: go on with what was asked, or try a stuck step again."""

import argparse

from farshore.cli import speak_verb
from farshore.model.operator import Word

EXAMPLES = "  farshore approve\n  farshore approve --config /etc/farshore/farshore.yaml --json\n"
configure = speak_verb.configure


def run(args: argparse.Namespace) -> int:
    return speak_verb.say(args, Word.APPROVE)
