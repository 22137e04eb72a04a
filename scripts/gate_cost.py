"""What the gate in the database costs an order: single-row commits with and without it, in turns, on real servers.

`python scripts/gate_cost.py [ORDERS]` prints microseconds and their ratio for both engines. Needs root and the lab's
image, as the tests of the databases do.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "conformance"))

from pairs import PAIRS, Pair
from throwaway import why_not

from farshore.model.region import Epoch

ROUNDS = 10


async def measure(pair: Pair, orders: int) -> tuple[float, float]:
    """(median microseconds without, with)."""
    writer = pair.writer
    await writer.prepare()
    await writer.raise_epoch(Epoch(1))
    await writer.guard("shop", [], "shop")
    pair.renew(1, 3600)
    session: Any = pair._connect(pair._servers[0], "shop", "shop", True)  # type: ignore[attr-defined]
    cursor = session.cursor()
    number, found = 100, {False: [], True: []}  # type: ignore[var-annotated]
    for one in range(2 * ROUNDS):
        gated = bool(one % 2)
        await writer.guard("shop", ["orders"] if gated else [], "shop")
        for _ in range(orders // ROUNDS):
            number += 1
            began = time.perf_counter_ns()
            cursor.execute(f"INSERT INTO orders (id, note) VALUES ({number}, 'measured')")
            found[gated].append((time.perf_counter_ns() - began) / 1000)
    await writer.close()
    await pair.replica.close()
    return statistics.median(found[False]), statistics.median(found[True])


def main() -> int:
    if reason := why_not():
        print(f"gate_cost: {reason}", file=sys.stderr)
        return 1
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    for engine in ("mariadb", "postgresql"):
        with tempfile.TemporaryDirectory() as folder:
            pair = PAIRS[engine](Path(folder))
            try:
                without, gated = asyncio.run(measure(pair, orders))
            finally:
                pair.stop()
        print(f"{engine}: {without:.0f} us without, {gated:.0f} us with the gate: ratio {gated / without:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
