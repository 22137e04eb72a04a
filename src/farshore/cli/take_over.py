"""`farshore take-over STEP`: the step was done by hand; the plan goes on as if it had done it itself."""

import argparse

from farshore.cli import speak_verb
from farshore.model.operator import Word
from farshore.plan.step import StepKind

EXAMPLES = "  farshore runbook            # the commands of each step\n  farshore take-over promote  # done by hand\n"


def configure(parser: argparse.ArgumentParser) -> None:
    # The grant is not among them: only the store of record can give it.
    steps = [str(kind) for kind in StepKind if kind is not StepKind.GRANT]
    parser.add_argument("step", choices=steps, metavar="STEP", help=", ".join(steps))
    speak_verb.configure(parser)


def run(args: argparse.Namespace) -> int:
    return speak_verb.say(args, Word.TAKE_OVER, step=args.step)
