"""Checks model/permit.pml with Spin as model/configurations.toml says: `make model` runs all, tests/model the small.

python scripts/check_model.py [NAME...]    prints states, seconds and the fate of each mutant; exit 1 if one surprises
"""

import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODEL = Path(__file__).parent.parent / "model" / "permit.pml"
TABLE = MODEL.with_name("configurations.toml")
TOOLS = ("spin", "gcc")
MEMORY_MB_MAX = 5500


@dataclass(frozen=True)
class Configuration:
    name: str
    says: str
    flags: dict[str, int]
    killed: dict[str, list[str]]
    safe: tuple[str, ...]
    reaches: tuple[str, ...]
    small: bool
    search: str


@dataclass(frozen=True)
class Outcome:
    broken: str | None  # the claim as the checker prints it
    complete: bool  # the search came to its end
    states: int
    seconds: float
    text: str


def configurations() -> list[Configuration]:
    return [_configuration(row) for row in tomllib.loads(TABLE.read_text())["configuration"]]


def _configuration(row: dict[str, Any]) -> Configuration:
    return Configuration(
        name=row["name"],
        says=row["says"],
        flags=row["flags"],
        killed=row.get("killed", {}),
        safe=tuple(row.get("safe", ())),
        reaches=tuple(row.get("reaches", ())),
        small=row.get("small", False),
        search=row.get("search", "exhaustive"),
    )


def claims() -> dict[str, str]:
    """Label of each claim, by the way the checker prints it."""
    return {text: label for label, text in tomllib.loads(TABLE.read_text())["claims"].items()}


def numbers(section: str) -> dict[str, int]:
    """The names that permit.pml gives its mutants, or its goals."""
    text = MODEL.read_text().split(f"/* {section}:")[1].split("\n\n")[0].split("reached(g)")[0]
    return {name: int(number) for name, number in re.findall(r"^#define (\w+) (\d+)", text, re.MULTILINE)}


def build(configuration: Configuration, folder: Path) -> Path:
    """The checker of one configuration; mutants and goals are chosen when it starts."""
    flags = [f"-D{name}={value}" for name, value in configuration.flags.items()]
    kind = ["-DBITSTATE"] if configuration.search == "bitstate" else [] if configuration.small else ["-DCOLLAPSE"]
    compiler = ["gcc", "-O2", "-w", "-DSAFETY", "-DVECTORSZ=512", f"-DMEMLIM={MEMORY_MB_MAX}", *kind]
    for command in (["spin", "-a", *flags, str(MODEL)], [*compiler, "-o", "pan", "pan.c"]):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} failed: {done.stdout}{done.stderr}")
    return folder / "pan"


def run(checker: Path, *, small: bool = True, bitstate: bool = False, mutant: int = 0, goal: int = 0) -> Outcome:
    environment = os.environ | {"PERMIT_MUTANT": str(mutant), "PERMIT_GOAL": str(goal)}
    table = "-w33" if bitstate else "-w21" if small else "-w25"  # 2^33 bits are 1 GB; 2^25 slots are 256 MB
    began = time.monotonic()
    done = subprocess.run(
        [checker, "-m500000", table], cwd=checker.parent, env=environment, capture_output=True, text=True, check=False
    )
    text = done.stdout + done.stderr
    broken = re.search(r"pan:1: (?:assertion violated )?(.*) \(at depth", text)
    states = re.search(r"([\d.e+]+) states, stored", text)
    errors = re.search(r"errors: (\d+)", text)
    return Outcome(
        broken=re.sub(r"\s", "", broken[1]) if broken else None,
        complete=bool(errors) and not re.search(r"Search not completed|max search depth too small|out of memory", text),
        states=int(float(states[1])) if states else 0,
        seconds=time.monotonic() - began,
        text=text,
    )


def surprise(
    configuration: Configuration, outcome: Outcome, *, mutant: str | None = None, goal: str | None = None
) -> str:
    """Empty when the outcome is what the table expects."""
    if goal:
        wanted = [f"(goal!={numbers('goals')[goal]})"]
    elif mutant in configuration.killed:
        wanted = [text for text, label in claims().items() if label in configuration.killed[mutant]]
    else:
        wanted = []
    what = f"{configuration.name}, {goal or mutant or 'as designed'}"
    if wanted:
        return "" if outcome.broken in wanted else f"{what}: expected one of {wanted}, saw {outcome.broken}"
    if outcome.broken:
        return f"{what}: {claims().get(outcome.broken, '')} {outcome.broken} broke"
    return "" if outcome.complete else f"{what}: the search did not come to its end:\n{outcome.text}"


def runs(configuration: Configuration) -> list[dict[str, str]]:
    """Everything that the table asks of one configuration, as arguments of `surprise`."""
    mutants = [{"mutant": name} for name in (*configuration.safe, *configuration.killed)]
    return [{}, *({"goal": name} for name in configuration.reaches), *mutants]


def check(configuration: Configuration, checker: Path, asked: dict[str, str]) -> tuple[Outcome, str]:
    mutant, goal = asked.get("mutant"), asked.get("goal")
    outcome = run(
        checker,
        small=configuration.small,
        bitstate=configuration.search == "bitstate",
        mutant=numbers("mutants")[mutant] if mutant else 0,
        goal=numbers("goals")[goal] if goal else 0,
    )
    return outcome, surprise(configuration, outcome, mutant=mutant, goal=goal)


def _line(asked: dict[str, str], outcome: Outcome, search: str) -> str:
    if "goal" in asked:
        fate = f"reached {asked['goal']}"
    elif outcome.broken:
        fate = f"killed  {asked.get('mutant', '')} by {claims().get(outcome.broken, outcome.broken)}"
    else:
        fate = f"holds   {asked.get('mutant', 'as designed')} ({search})"
    return f"  {fate:55} {outcome.states:>12,} states {outcome.seconds:7.1f} s"


def main() -> int:
    names = sys.argv[1:]
    surprises = []
    for configuration in configurations():
        if names and configuration.name not in names:
            continue
        flags = " ".join(f"{name}={value}" for name, value in configuration.flags.items())
        print(f"{configuration.name}: {configuration.says} [{flags}]", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            checker = build(configuration, Path(folder))
            for asked in runs(configuration):
                outcome, wrong = check(configuration, checker, asked)
                print(_line(asked, outcome, configuration.search), flush=True)
                surprises += [wrong] if wrong else []
    for wrong in surprises:
        print(wrong, file=sys.stderr)
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main())
