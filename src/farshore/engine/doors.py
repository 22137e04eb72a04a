"""What to knock at: the targets of this controller and of the agents that are vantage points."""

from dataclasses import replace

from farshore.engine.parts import Parts
from farshore.engine.world import World
from farshore.model.group import Group, Request
from farshore.model.region import RegionName
from farshore.model.sighting import Door
from farshore.ports.prober import Target


def target(world: World, group: Group, parts: Parts, region: RegionName, door: Door, request: Request) -> Target:
    """The region's own balancer, asked as a shopper would ask the store: the record is not part of the question."""
    store = group.stores[0]  # the first store's door speaks for the group
    return Target(
        door=door,
        region=region,
        address=parts.half(region).address,
        port=world.public_port,
        host=store.domain,
        path=request.path,
        tls=world.public_tls,
        ca_file=world.public_ca_file,
        expect=request.expect,
        method=request.method,
        form=request.form,
    )


def doors(world: World, group: Group, parts: Parts, writer: RegionName) -> tuple[Target, ...]:
    """Browse at both regions, buy where orders are taken, and references to tell a dead store from a blind eye."""
    store = group.stores[0]
    standby = group.other(writer).region
    found = [region for region in (writer, standby) if region in parts.halves]
    targets = [target(world, group, parts, region, Door.BROWSE, store.browse) for region in found]
    if writer in found:
        targets.append(target(world, group, parts, writer, Door.BUY, store.buy))
    if world.references:
        references = list(world.references)
    else:
        references = [target(world, group, parts, standby, Door.BROWSE, store.browse)] if standby in found else []
    # Each reference under its own name: one that fails must not hide another that answers.
    named = [replace(r, door=Door.REFERENCE, region=RegionName(r.address)) for r in references]
    return (*targets, *named)
