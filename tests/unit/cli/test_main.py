"""The frame around the verbs: finding them, and errors as one sentence with an exit code."""

import subprocess
import sys

import pytest

from farshore.cli import main as frame
from farshore.cli.main import VERBS, main
from farshore.model.failure import RetryLater
from farshore.settings.problem import BadSettings


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["stats"], "there is no verb 'stats'; did you mean `farshore status`?"),
        (["plan"], "there is no verb 'plan'; did you mean `farshore plan failover`?"),
        (["agents", "deply"], "there is no verb 'agents deply'; did you mean `farshore agents deploy`?"),
        (["zzz"], "there is no verb 'zzz'; `farshore --help` lists the verbs."),
    ],
)
def test_a_mistyped_verb(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and the nearest one."""
    assert main(words) == 2
    assert capsys.readouterr().err == f"farshore: {sentence}\n"


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    """The top help is the table."""
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    for name, (_, purpose) in VERBS.items():
        assert f"  {name:<15}  {purpose}" in out


@pytest.mark.parametrize(
    ("error", "code"),
    [(BadSettings("f, line 1: no."), 2), (RetryLater("It is busy.", "Repeat."), 1)],
)
def test_foreseeable_errors_are_sentences(
    error: Exception, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback; the text as it is."""
    from farshore.cli import init

    def run(args: object) -> int:
        raise error

    monkeypatch.setattr(init, "run", run)
    assert frame.run_verb("init", []) == code
    assert capsys.readouterr().err == f"{error}\n"


def test_the_frame_needs_the_standard_library_only() -> None:
    """App servers run it: nothing from site-packages may be imported before a verb is chosen."""
    code = (
        "import sys; before = set(sys.modules); import farshore.cli.main;"
        "new = {name.split('.')[0] for name in set(sys.modules) - before};"
        "print(sorted(new - set(sys.stdlib_module_names) - {'farshore'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
