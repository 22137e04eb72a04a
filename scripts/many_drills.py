"""Runs the same drill several times, each in a lab of its own, and prints the median, best and worst of its figures.

python scripts/many_drills.py ENGINE TIMES FOLDER     (`make drills ENGINE=mysql TIMES=10` calls it)
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
    engine, times, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    reports = []
    for number in range(1, times + 1):
        out = folder / f"{engine}-{number}"
        command = ["farshore", "drill", "region", "--engine", engine, "--lab", f"drills-{engine}", "--out", str(out)]
        code = subprocess.run([*command, "--quiet"], stdout=subprocess.DEVNULL).returncode
        file = out / "report.json"
        if not file.exists():
            print(f"{number:3}  no report (exit {code})", flush=True)
            continue
        report = json.loads(file.read_text())
        reports.append(report)
        figures = "  ".join(f"{name} {report[name]}" for name in FIGURES)
        print(f"{number:3}  {'passed' if report['passed'] else 'FAILED'}  {figures}", flush=True)
    if not reports:
        return 1
    promotion, passed = reports[0]["promote_delay_s"], sum(report["passed"] for report in reports)
    print(f"\n{engine}: {passed} of {times} passed; provider's promotion {promotion:g} s")
    for name in FIGURES:
        values = [report[name] for report in reports if report[name] is not None]
        if values:
            print(f"{name:42} median {statistics.median(values):7.2f}  {min(values):7.2f} to {max(values):.2f}")
    for fate in FATES:
        print(f"{fate:42} {sum(len(report['orders'][fate]) for report in reports)}")
    print(f"{'acknowledged':42} {sum(report['orders']['acknowledged'] for report in reports)}")
    return 0 if passed == times else 1


if __name__ == "__main__":
    sys.exit(main())
