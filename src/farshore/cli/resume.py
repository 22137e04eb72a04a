"""`farshore resume`: automatic failovers may begin again."""

import argparse

from farshore.cli import speak_verb
from farshore.model.operator import Word

EXAMPLES = "  farshore resume\n  farshore resume --config /etc/farshore/farshore.yaml --json\n"
configure = speak_verb.configure


def run(args: argparse.Namespace) -> int:
    return speak_verb.say(args, Word.RESUME, paused=False)
