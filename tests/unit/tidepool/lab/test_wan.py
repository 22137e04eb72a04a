"""One direction of a link, on a pair of pipes instead of TUN devices: delay, order, cut, loss, flush."""

import os
import time
from collections.abc import Iterator

import pytest

from tidepool.lab.wan import Way


class Pipes:
    def __init__(self) -> None:
        self.in_read, self.in_write = os.pipe2(os.O_NONBLOCK)
        self.out_read, self.out_write = os.pipe2(os.O_NONBLOCK)

    def delivered(self) -> bytes:
        try:
            return os.read(self.out_read, 1000)
        except BlockingIOError:
            return b""


@pytest.fixture
def pipes() -> Iterator[Pipes]:
    pipes = Pipes()
    yield pipes
    for fd in (pipes.in_read, pipes.in_write, pipes.out_read, pipes.out_write):
        os.close(fd)


def test_a_packet_is_delivered_when_due_and_not_before(pipes: Pipes) -> None:
    way = Way(pipes.in_read, pipes.out_write, 10.0)
    before = time.monotonic()
    os.write(pipes.in_write, b"one")
    way.take_in()
    due = way.waiting[0][0]
    assert due >= before + 10.0
    way.deliver(due - 0.001)
    assert pipes.delivered() == b""
    way.deliver(due)
    assert pipes.delivered() == b"one"
    assert (way.carried, way.lost) == (1, 0)


def test_order_is_kept_when_the_link_gets_shorter(pipes: Pipes) -> None:
    """A later packet never overtakes, even if its own delay is smaller."""
    way = Way(pipes.in_read, pipes.out_write, 10.0)
    os.write(pipes.in_write, b"one")
    way.take_in()
    way.obey({"delay_ms": 0})
    os.write(pipes.in_write, b"two")
    way.take_in()
    assert way.waiting[1][0] >= way.waiting[0][0]


def test_a_cut_swallows_and_flush_loses_what_is_under_way(pipes: Pipes) -> None:
    way = Way(pipes.in_read, pipes.out_write, 0.0)
    os.write(pipes.in_write, b"one")
    way.take_in()
    way.obey({"cut": True})
    os.write(pipes.in_write, b"two")
    way.take_in()
    assert len(way.waiting) == 1  # a cut alone lets what is under way arrive
    way.obey({"flush": True})
    way.deliver(time.monotonic() + 1)
    assert pipes.delivered() == b""
    assert (way.swallowed, way.lost, way.state()["cut"]) == (1, 1, True)
    way.obey({"cut": False})
    os.write(pipes.in_write, b"three")
    way.take_in()
    way.deliver(time.monotonic() + 1)
    assert pipes.delivered() == b"three"


def test_loss_of_everything_loses_everything(pipes: Pipes) -> None:
    way = Way(pipes.in_read, pipes.out_write, 0.0)
    way.obey({"loss": 1.0})
    os.write(pipes.in_write, b"one")
    way.take_in()
    assert (len(way.waiting), way.lost) == (0, 1)
