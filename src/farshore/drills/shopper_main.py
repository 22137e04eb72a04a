"""`python -m farshore.drills.shopper_main`: shoppers as a process, writing their ledger until SIGTERM."""

import argparse
import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

from farshore.drills.entry import CACHED, FRESH, RESIDENT, Entry
from farshore.drills.lookup import Cached, Fresh
from farshore.drills.shopper import Record, Shop, population
from farshore.drills.tills import PlainTill, Till
from farshore.drills.woo_tills import BlockTill, ClassicTill

# Customers have computers of their own. Sharing one with the whole shop, they must not wait for each other's turn: a
# starved shopper reports time-outs that no customer would see.
AHEAD = -10
TILLS: Mapping[str, Callable[[], Till]] = {"plain": PlainTill, "block": BlockTill, "classic": ClassicTill}
LOOK_UP_S = 1.5  # of a request's whole time
Work = list[Coroutine[Any, Any, None]]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="farshore-shoppers", allow_abbrev=False)
    parser.add_argument("--domain", required=True)
    parser.add_argument("--products", required=True, help="comma-separated ids")
    parser.add_argument("--authority", required=True, help="DNS server that fresh shoppers ask")
    parser.add_argument("--resolver", required=True, help="DNS server that the others ask")
    parser.add_argument("--ca-file", required=True)
    parser.add_argument("--ledger", required=True, type=Path)
    parser.add_argument("--browse-every-ms", type=float, default=100.0, help="of the fresh; the cached: half as often")
    parser.add_argument("--buyers", type=int, default=5, help="fresh; and half as many cached")
    parser.add_argument("--buy-pause-s", type=float, default=1.0, help="between two purchases of one buyer")
    parser.add_argument("--till", choices=tuple(TILLS), default="plain", help="how orders are placed")
    parser.add_argument("--product-page", default="/product/{}", help="address of a product's page, by its id")
    parser.add_argument("--patience-s", type=float, default=2.0, help="for one request")
    parser.add_argument("--address", default="", help="of a balancer: everybody goes there, and nobody asks the DNS")
    args = parser.parse_args(argv)
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, AHEAD)
    asyncio.run(_shop(args))
    return 0


async def _shop(args: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    products = tuple(int(word) for word in args.products.split(","))
    till = TILLS[args.till]()
    shop = Shop(args.domain, products, args.patience_s, product_page=args.product_page, till=till)
    # Line buffered: a line is in the file before the next request starts; losing the machine loses the drill anyway.
    with args.ledger.open("a", buffering=1) as ledger:

        def record(entry: Entry) -> None:
            ledger.write(entry.to_line() + "\n")

        async with AsyncExitStack() as stack:
            work = await (_residents if args.address else _public)(args, shop, stack, record)
            tasks = [asyncio.create_task(one) for one in work]
            await stop.wait()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _public(args: argparse.Namespace, shop: Shop, stack: AsyncExitStack, record: Record) -> Work:
    fresh = await stack.enter_async_context(
        population(FRESH, shop, Fresh(args.authority, LOOK_UP_S), args.ca_file, record)
    )
    cached = await stack.enter_async_context(
        population(CACHED, shop, Cached(args.resolver, LOOK_UP_S, time.monotonic), args.ca_file, record)
    )
    every_s = args.browse_every_ms / 1000
    work: Work = [fresh.browse_for_ever(every_s), cached.browse_for_ever(every_s * 2)]
    work += [fresh.buy_for_ever(args.buy_pause_s) for _ in range(args.buyers)]
    return work + [cached.buy_for_ever(args.buy_pause_s) for _ in range(max(1, args.buyers // 2))]


async def _residents(args: argparse.Namespace, shop: Shop, stack: AsyncExitStack, record: Record) -> Work:
    async def there(_: str) -> str:
        return str(args.address)

    resident = await stack.enter_async_context(population(RESIDENT, shop, there, args.ca_file, record))
    work: Work = [resident.browse_for_ever(args.browse_every_ms / 1000)]
    return work + [resident.buy_for_ever(args.buy_pause_s) for _ in range(args.buyers)]


if __name__ == "__main__":
    sys.exit(main())
