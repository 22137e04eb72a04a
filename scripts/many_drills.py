"""Runs the same drill several times, each in a lab of its own, and prints the median, best and worst of its figures.

python scripts/many_drills.py NAME ENGINE TIMES FOLDER     (`make drills DRILL=region ENGINE=mysql TIMES=10` calls it)
"""

import json
import statistics
import subprocess
import sys
from pathlib import Path

FIGURES = (
    "browse_rto_s",
    "buy_rto_s",
    "buy_rto_cached_dns_s",
    "verdict_s",
    "verdict_to_first_order_less_promotion_s",
    "writers_overlap_s",
)
FATES = ("lost", "doubled", "damaged")


def main() -> int:
    name, engine, times, folder = sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
    reports = []
    for number in range(1, times + 1):
        out = folder / f"{engine}-{number}"
        command = ["farshore", "drill", name, "--engine", engine, "--lab", f"drills-{engine}", "--out", str(out)]
        code = subprocess.run([*command, "--quiet"], stdout=subprocess.DEVNULL).returncode
        file = out / "report.json"
        if not file.exists():
            print(f"{number:3}  no report (exit {code})", flush=True)
            continue
        report = json.loads(file.read_text())
        reports.append(report)
        figures = "  ".join(f"{figure} {report[figure]}" for figure in FIGURES)
        print(f"{number:3}  {'passed' if report['passed'] else 'FAILED'}  {figures}", flush=True)
    if not reports:
        return 1
    promotion, passed = reports[0]["promote_delay_s"], sum(report["passed"] for report in reports)
    print(f"\n{name}, {engine}: {passed} of {times} passed; provider's promotion {promotion:g} s")
    for figure in FIGURES:
        values = [report[figure] for report in reports if report[figure] is not None]
        if values:
            print(f"{figure:42} median {statistics.median(values):7.2f}  {min(values):7.2f} to {max(values):.2f}")
    for fate in FATES:
        print(f"{fate:42} {sum(len(report['orders'][fate]) for report in reports)}")
    print(f"{'acknowledged':42} {sum(report['orders']['acknowledged'] for report in reports)}")
    return 0 if passed == times else 1


if __name__ == "__main__":
    sys.exit(main())
