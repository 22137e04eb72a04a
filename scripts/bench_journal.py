"""What the order journal costs on one machine: the shop's wait for one entry beside the least that any durable write
costs (a line and its fsync on the same disk), in turns; and how many entries a second go through.

`python scripts/bench_journal.py [ENTRIES]`. Three agents as processes on loopback: one writer, two of the other region.
A real peering adds its round trip to each entry, and nothing else. With the policy off the shop asks nobody: no cost.
"""

import asyncio
import os
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests" / "unit" / "agent"), str(ROOT / "tests")]

from journal_world import Process, Shop, World, entry, short_folder, until  # noqa: E402

ROUNDS = 10
SEALED = "A" * 4000  # an order of three lines, sealed


def bare_write_us(file: int) -> float:
    line = (SEALED + "\n").encode()
    began = time.perf_counter_ns()
    os.write(file, line)
    os.fdatasync(file)
    return (time.perf_counter_ns() - began) / 1000


async def entry_us(shop: Shop, number: int) -> float:
    began = time.perf_counter_ns()
    answer = await shop.hand_over(entry(number, sealed=SEALED))
    took = (time.perf_counter_ns() - began) / 1000
    if answer["kept"] != "journal":
        raise SystemExit(f"bench_journal: the entry was not journalled: {answer}")
    return took


async def per_second(path: Path, numbers: Iterator[int], shops: int, entries: int) -> float:
    async def one(shop: Shop) -> None:
        for _ in range(entries // shops):
            await entry_us(shop, next(numbers))
        shop.close()

    began = time.perf_counter()
    await asyncio.gather(*(one(Shop(path)) for _ in range(shops)))
    return entries // shops * shops / (time.perf_counter() - began)


async def measure(folder: Path, entries: int) -> None:
    writer = Process(folder, "web-nyc3-1", "nyc3")
    made = World(writer, [Process(folder, f"web-sfo3-{number}", "sfo3") for number in (1, 2)])
    for one in made.all:
        await one.start()
    try:
        await made.tell()
        numbers, shop = iter(range(10**9)), Shop(writer.socket)

        async def warm() -> bool:
            return (await shop.hand_over(entry(next(numbers))))["kept"] == "journal"

        await until(warm, "a peer is up")
        bare, kept = [], []
        file = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for _ in range(ROUNDS):
            bare += [bare_write_us(file) for _ in range(entries // ROUNDS)]
            kept += [await entry_us(shop, next(numbers)) for _ in range(entries // ROUNDS)]
        for name, found in (("a line and its fsync", bare), ("one entry, journal on", kept)):
            ninety = statistics.quantiles(found, n=20)[18]
            print(f"{name:<24} median {statistics.median(found):7.0f} us, 95 of 100 within {ninety:7.0f} us")
        least, took = statistics.median(bare), statistics.median(kept)
        print(f"ratio {took / least:.1f}: beside that write, the journal adds {(took - least) / 1000:.2f} ms")
        for shops in (1, 8, 32):
            rate = await per_second(writer.socket, numbers, shops, entries)
            print(f"{shops:>2} checkouts at once: {rate:7.0f} entries/s")
    finally:
        for one in made.all:
            await one.stop()


def main() -> int:
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with short_folder() as folder:
        asyncio.run(measure(folder, entries))
    return 0


if __name__ == "__main__":
    sys.exit(main())
