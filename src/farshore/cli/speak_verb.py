"""The shape that `pause`, `resume`, `approve`, `abort` and `take-over` share: one word, and what became of it."""

import argparse
import asyncio
from collections.abc import Callable
from dataclasses import replace

from farshore.cli.follow import answer_to
from farshore.cli.operator_word import speak, who
from farshore.cli.options import add_config, add_json
from farshore.cli.show import print_json
from farshore.daemon.lock import holder_of
from farshore.model.operator import OperatorWord, Word
from farshore.settings.load import load_settings
from farshore.settings.settings import Settings
from farshore.wiring.store import open_clock, open_store

ANSWER_WITHIN_S = 5.0


def configure(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    add_json(parser)


def say(
    args: argparse.Namespace,
    word: Word,
    *,
    paused: bool | None = None,
    step: str = "",
    needs: Callable[[Settings], None] = lambda settings: None,
) -> int:
    """Speak, wait for the daemon's answer where one lives, and print both."""
    settings = load_settings(args.config)
    needs(settings)
    spoken, answer, runs = asyncio.run(_say(settings, word, paused, step))
    if args.json:
        print_json({"word": spoken.word, "revision": spoken.revision, "daemon": runs, "answer": answer})
        return 0
    print(f"Said {spoken.word}{' ' + step if step else ''} to group {settings.group.name} (word {spoken.revision}).")
    if answer is not None:
        print(f"The controller answers: {answer or 'it will be so.'}")
    elif runs is not None:
        print(f"{runs} has not answered within {ANSWER_WITHIN_S:g} s; see `farshore status`.")
    else:
        print("No controller runs on this state file; the word is obeyed when `farshore watch` starts.")
    return 0


async def _say(
    settings: Settings, word: Word, paused: bool | None, step: str
) -> tuple[OperatorWord, str | None, str | None]:
    store, clock = open_store(settings), open_clock()
    lines = await store.journal()
    after = lines[-1].number if lines else 0

    def change(before: OperatorWord) -> OperatorWord:
        return replace(
            before,
            word=word,
            who=who(),
            at=clock.wall(),
            step=step,
            plan="",
            accept_loss=False,
            loss_s=None,
            paused=before.paused if paused is None else paused,
        )

    spoken = await speak(store, settings.group.name, change)
    runs = holder_of(settings.state_file)
    answer = await answer_to(store, clock, spoken.revision, after, ANSWER_WITHIN_S) if runs else None
    return spoken, answer, runs
