"""A result as files: report.json, report.html and what they were computed from."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from farshore.drills.entry import Entry
from farshore.drills.page import page
from farshore.drills.result import Result


@dataclass(frozen=True, slots=True)
class Report:
    json_file: Path
    html_file: Path


def write_report(folder: Path, result: Result, ledger: Sequence[Entry], fault_s: float) -> Report:
    folder.mkdir(parents=True, exist_ok=True)
    report = Report(folder / "report.json", folder / "report.html")
    report.json_file.write_text(json.dumps(result.to_json(), indent=2) + "\n")
    report.html_file.write_text(page(result, ledger, fault_s))
    return report
