"""`farshore abort`: stop the plan and reopen the region that holds the grant."""

import argparse

from farshore.cli import speak_verb
from farshore.model.operator import Word

EXAMPLES = "  farshore abort\n  farshore abort --config /etc/farshore/farshore.yaml --json\n"
configure = speak_verb.configure


def run(args: argparse.Namespace) -> int:
    return speak_verb.say(args, Word.ABORT)
