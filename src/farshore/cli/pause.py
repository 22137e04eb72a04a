"""`farshore pause`: no automatic failover begins until `resume`; a running plan goes on."""

import argparse

from farshore.cli import speak_verb
from farshore.model.operator import Word

EXAMPLES = "  farshore pause\n  farshore pause --config /etc/farshore/farshore.yaml --json\n"
configure = speak_verb.configure


def run(args: argparse.Namespace) -> int:
    return speak_verb.say(args, Word.PAUSE, paused=True)
