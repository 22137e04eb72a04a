"""Become leader, stay leader: three chances to renew within each term."""

from farshore.engine.inputs import Led, NotLed
from farshore.engine.loops.schedule import turns
from farshore.engine.shell import Shell
from farshore.engine.within import within
from farshore.model.failure import Failure


async def run(shell: Shell) -> None:
    ttl_s = shell.group.thresholds.lease_ttl_s
    clock = shell.world.clock
    async for _ in turns(clock, ttl_s / 3):
        sent_s = clock.now_s()  # the term is counted from before the renewal was sent
        try:
            lease = await within(clock, ttl_s / 3, shell.world.coordination.lead(shell.name, ttl_s), "The lease")
        except Failure:
            continue  # an unknown answer is no renewal; the term runs out by itself
        if lease is not None:
            shell.feed(Led(lease.term, sent_s + ttl_s))
        else:
            shell.feed(NotLed("another controller leads"))
