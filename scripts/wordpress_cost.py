"""What the must-use plugin costs a page of a real WordPress: the gate by itself, and the whole of it side by side.

`python scripts/wordpress_cost.py [PAGES]` prints medians with and without the plugin, taken in turns, and the share of
a page that the gate's look at its statements takes. Needs root and the lab's image; the shop is the stand-in's, or
WooCommerce's where TIDEPOOL_WOOCOMMERCE names its folder.
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "wordpress"))

from wordpress_site import Site, open_site, why_not

ROUNDS = 20
PATH = "/"


def pages(site: Site, count: int) -> list[float]:
    """Milliseconds of each."""
    found = []
    for _ in range(count):
        began = time.perf_counter_ns()
        answer = site.get(PATH)
        found.append((time.perf_counter_ns() - began) / 1e6)
        if answer.status != 200:
            raise SystemExit(f"wordpress_cost: {PATH} answered {answer.status}")
    return found


def measure(site: Site, count: int) -> tuple[float, float]:
    """(median milliseconds without, with)."""
    found: dict[bool, list[float]] = {False: [], True: []}
    for one in range(2 * ROUNDS):
        there = bool(one % 2)
        site.box.plugin(there)
        pages(site, 2)
        site.box.permit(600)
        found[there] += pages(site, max(1, count // ROUNDS))
    site.box.plugin(True)
    return statistics.median(found[False]), statistics.median(found[True])


def main() -> int:
    if reason := why_not():
        print(f"wordpress_cost: {reason}", file=sys.stderr)
        return 1
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    with tempfile.TemporaryDirectory() as folder:
        site = open_site(Path(folder) / "site")
        try:
            site.open(seconds=600)
            without, guarded = measure(site, count)
            gate = json.loads(site.box.php("gate_cost.php", {"path": PATH}))
        finally:
            site.stop()
    share = gate["us"] / 1000 / guarded
    print(f"shop: {site.facts.get('shop_plugin', 'none')} on WordPress {site.facts['wordpress']}, page {PATH}")
    print(f"gate: {gate['statements']} statements looked at in {gate['us']:.0f} us: {share:.2%} of a page")
    print(f"page: {without:.1f} ms without the plugin, {guarded:.1f} ms with it: ratio {guarded / without:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
