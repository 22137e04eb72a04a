"""What some verbs cannot do yet with databases that the operator runs himself. They say so instead of guessing."""

from farshore.model.failure import Refused
from farshore.settings.settings import Settings


def refuse_self_run(settings: Settings, verb: str) -> None:
    if settings.self_run:
        raise Refused(
            f"{verb} knows managed databases only, and this group's are self-run.",
            'See "By hand" in docs/self-run.md.',
        )
