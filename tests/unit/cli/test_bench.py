"""`farshore bench` says what it lacks at once, and not after minutes of drills."""

from pathlib import Path

import pytest

from farshore.cli.main import main


def test_patroni_runs_postgresql_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--engine", "mysql"]) == 1
    told = capsys.readouterr().err
    assert "Patroni runs PostgreSQL" in told
    assert "--against founding" in told


def test_without_patroni_it_names_the_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["bench", "--against", "patroni", "--patroni-dir", str(tmp_path), "--out", str(tmp_path / "out")]
    assert main(argv) == 1
    assert "make setup-bench" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("times", ["0", "-1", "many"])
def test_times_must_be_a_count(times: str) -> None:
    with pytest.raises(SystemExit) as refusal:
        main(["bench", "--times", times])
    assert refusal.value.code == 2
