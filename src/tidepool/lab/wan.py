"""The wide-area links: one process that carries packets between TUN devices in the routers, late and not always.

Run by the daemon as `python -m tidepool.lab.wan FILE`, FILE being JSON (cabling.wan_links); controlled over a unix
datagram socket (wan_control.py). One FIFO per direction, since order is kept; select() and not asyncio or epoll, which
round waits up to whole milliseconds. IFF_VNET_HDR lets the kernel hand over 64 kB segments unsplit, ten times the
throughput for the same work. A cut link swallows packets silently, as a WAN does: no RST, no ICMP.
"""

import fcntl
import json
import os
import random
import select
import socket
import struct
import sys
import time
from collections import deque
from typing import Any

from tidepool.lab import netns

TUNSETIFF, TUNSETOFFLOAD = 0x400454CA, 0x400454D0
IFF_TUN, IFF_NO_PI, IFF_VNET_HDR = 0x0001, 0x1000, 0x4000
OFFLOADS = 0x01 | 0x02 | 0x04 | 0x08  # checksum, TSO over IPv4, over IPv6, with ECN
BATCH = 64  # packets read from one device before the others get their turn
QUEUE_MAX = 50_000
PACKET_MAX = 70_000
DIRECTIONS = ("ab", "ba")


def open_tun(namespace: str, device: str) -> int:
    with netns.inside(namespace):
        fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI | IFF_VNET_HDR))
        fcntl.ioctl(fd, TUNSETOFFLOAD, OFFLOADS)
    return fd


class Way:
    """One direction of one link."""

    def __init__(self, source: int, sink: int, delay_s: float) -> None:
        self.source = source
        self.sink = sink
        self.delay_s = delay_s
        self.jitter_s = 0.0
        self.loss = 0.0
        self.cut = False
        self.waiting: deque[tuple[float, bytes]] = deque()
        self.carried = self.lost = self.swallowed = 0

    def take_in(self) -> None:
        for _ in range(BATCH):
            try:
                packet = os.read(self.source, PACKET_MAX)
            except BlockingIOError:
                return
            if self.cut:
                self.swallowed += 1
            elif len(self.waiting) >= QUEUE_MAX or (self.loss and random.random() < self.loss):
                self.lost += 1
            else:
                due = time.monotonic() + self.delay_s + (random.random() * self.jitter_s if self.jitter_s else 0.0)
                if self.waiting and due < self.waiting[-1][0]:
                    due = self.waiting[-1][0]
                self.waiting.append((due, packet))

    def deliver(self, now: float) -> None:
        while self.waiting and self.waiting[0][0] <= now:
            packet = self.waiting.popleft()[1]
            try:
                os.write(self.sink, packet)
                self.carried += 1
            except OSError:  # the far device is down or full: the packet is lost, as on any wire
                self.lost += 1

    def flush(self) -> None:
        self.lost += len(self.waiting)
        self.waiting.clear()

    def state(self) -> dict[str, Any]:
        return {
            "delay_ms": self.delay_s * 1000,
            "jitter_ms": self.jitter_s * 1000,
            "loss": self.loss,
            "cut": self.cut,
            "in_flight": len(self.waiting),
            "carried": self.carried,
            "lost": self.lost,
            "swallowed": self.swallowed,
        }

    def obey(self, order: dict[str, Any]) -> None:
        if "cut" in order:
            self.cut = bool(order["cut"])
        if "delay_ms" in order:
            self.delay_s = float(order["delay_ms"]) / 1000
        if "jitter_ms" in order:
            self.jitter_s = float(order["jitter_ms"]) / 1000
        if "loss" in order:
            self.loss = float(order["loss"])
        if order.get("flush"):
            self.flush()


class Wan:
    def __init__(self, links: list[dict[str, Any]], control: str) -> None:
        self.ways: dict[tuple[str, str], Way] = {}
        for link in links:
            a = open_tun(link["netns_a"], link["device_a"])
            b = open_tun(link["netns_b"], link["device_b"])
            delay_s = link["rtt_ms"] / 2000
            self.ways[link["name"], "ab"] = Way(a, b, delay_s)
            self.ways[link["name"], "ba"] = Way(b, a, delay_s)
        self.control = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.control.bind(control)
        self.control.setblocking(False)

    def run(self) -> None:
        by_source = {way.source: way for way in self.ways.values()}
        ways = list(self.ways.values())
        readable = [*by_source, self.control.fileno()]
        while True:
            due = [way.waiting[0][0] for way in ways if way.waiting]
            timeout = max(0.0, min(due) - time.monotonic()) if due else None
            ready, _, _ = select.select(readable, [], [], timeout)
            now = time.monotonic()
            for way in ways:
                if way.waiting and way.waiting[0][0] <= now:
                    way.deliver(now)
            for fd in ready:
                if fd in by_source:
                    by_source[fd].take_in()
                else:
                    self.answer()

    def answer(self) -> None:
        """One JSON order: {"link", "direction" ("ab", "ba", absent: both), what to change}; answers with the state."""
        text, sender = self.control.recvfrom(4096)
        reply: dict[str, Any] = {}
        try:
            order = json.loads(text)
            wanted = [order["direction"]] if "direction" in order else DIRECTIONS
            for (link, direction), way in self.ways.items():
                if link == order.get("link") and direction in wanted:
                    way.obey(order)
        except (ValueError, KeyError, TypeError) as error:
            reply["error"] = f"order {text[:100]!r} is not understood: {error}"
        reply["links"] = {f"{link}/{direction}": way.state() for (link, direction), way in self.ways.items()}
        if sender:
            try:
                self.control.sendto(json.dumps(reply).encode(), sender)
            except OSError:  # who asked has gone
                pass


def main() -> int:
    with open(sys.argv[1]) as file:
        spec = json.load(file)
    try:
        # A late packet is a lie about the distance; this process sleeps nearly always.
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(10))
    except OSError:
        pass
    wan = Wan(spec["links"], spec["control"])
    print("ready", flush=True)
    wan.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
