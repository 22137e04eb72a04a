"""The two databases: there, online, one following the other, and how far behind by the marker."""

from farshore.daemon.readiness.finding import Finding, asked, fail, ok, warn
from farshore.engine.world import World
from farshore.model.grant import Grant
from farshore.model.group import Group, Place
from farshore.model.permit import Gate
from farshore.model.sighting import Marker
from farshore.ports.cloud import DatabaseServer
from farshore.ports.database import Database

LOOK_EVERY_S = 0.1


async def check_databases(group: Group, world: World, grant: Grant, may_write: bool) -> list[Finding]:
    """`may_write` is false while a controller runs: the marker is its alone."""
    writer_place, standby_place = group.place(grant.holder), group.other(grant.holder)
    writer, findings = await _server(writer_place, group, world)
    standby, more = await _server(standby_place, group, world)
    findings += more
    if writer is None or standby is None:
        return findings
    if writer.replica_of is not None:
        what = f"database {writer.name}"
        findings.append(fail(what, "is a replica, but its region takes the orders", "Correct regions.first."))
    if standby.replica_of != writer.id:
        findings.append(
            fail(
                f"database {standby.name}",
                f"does not follow {writer.name}, so there is nothing to promote",
                f"Create a replica of {writer.name} in {standby_place.region}.",
            )
        )
        return findings
    old, new = world.database(writer), world.database(standby)
    try:
        findings += await _lag(group, world, grant, (writer.name, old), (standby.name, new), may_write)
        if group.permit.gate is Gate.TRIGGER and not may_write:  # the first controller that leads puts it up
            findings += await _gate(group, writer.name, old)
    finally:
        await old.close()
        await new.close()
    return findings


async def _gate(group: Group, name: str, database: Database) -> list[Finding]:
    what = f"gate in {name}"

    async def question() -> list[Finding]:
        for store in group.stores:
            if not await database.guarded(store.database, store.guarded_tables):
                tables = ", ".join(store.guarded_tables) or "no table"
                why = "the permit would be enforced by the shop alone"
                return [
                    fail(what, f"does not stand before {tables} of {store.database}: {why}", "See `farshore status`.")
                ]
        return [ok(what, "refuses every order that has no permit")]

    return await asked(what, question)


async def _server(place: Place, group: Group, world: World) -> tuple[DatabaseServer | None, list[Finding]]:
    what, found = f"database {place.database}", None

    async def question() -> list[Finding]:
        nonlocal found
        found = await world.cloud.database(place.database)
        if found is None:
            return [fail(what, "does not exist", "Create it, or correct database in farshore.yaml.")]
        if found.engine != group.engine:
            return [fail(what, f"is {found.engine}, not {group.engine}", "Correct engine in farshore.yaml.")]
        if found.region != place.region:
            return [fail(what, f"is in {found.region}, not in {place.region}", "Correct database in farshore.yaml.")]
        if found.status != "online":
            return [fail(what, f"is {found.status}", "Wait until it is online; look at it in the control panel.")]
        if not found.password:
            return [fail(what, "comes without a password", "Give the token the scope database:view_credentials.")]
        return [ok(what, f"is online at {found.host}:{found.port}")]

    findings = await asked(what, question)
    return (found if findings[0].level == "ok" else None), findings


async def _lag(
    group: Group,
    world: World,
    grant: Grant,
    writer: tuple[str, Database],
    standby: tuple[str, Database],
    may_write: bool,
) -> list[Finding]:
    async def writes() -> list[Finding]:
        if may_write:
            await writer[1].prepare()
        if not await writer[1].writable():
            return [
                fail(f"writes on {writer[0]}", "a test transaction failed", "Look at the database's disk and locks.")
            ]
        return [ok(f"writes on {writer[0]}", "a test transaction commits")]

    async def replicates() -> list[Finding]:
        if not await standby[1].is_replica():
            return [fail(f"replica {standby[0]}", "follows nobody", "Rebuild the replica.")]
        before = await writer[1].read_marker()
        sequence = before.sequence if before else 0
        if may_write:
            sequence += 1
            await writer[1].write_marker(Marker(grant.epoch, sequence))
        elif before is None:
            return [fail(f"replica {standby[0]}", "no marker was ever written", "Look at the controller's output.")]
        return [await _await_marker(group, world, standby, sequence)]

    findings = await asked(f"writes on {writer[0]}", writes)
    if findings[0].level == "ok":
        findings += await asked(f"replica {standby[0]}", replicates)
    return findings


async def _await_marker(group: Group, world: World, standby: tuple[str, Database], sequence: int) -> Finding:
    what, budget_s = f"replica {standby[0]}", group.thresholds.rpo_budget_s
    began_s = world.clock.now_s()
    while True:
        seen = await standby[1].read_marker()
        took_s = world.clock.now_s() - began_s
        if seen is not None and seen.sequence >= sequence:
            return ok(what, f"shows the writer's marker within {took_s:.1f} s (budget {budget_s:g} s)")
        if took_s > budget_s:
            last = "none" if seen is None else str(sequence - seen.sequence)
            return fail(
                what,
                f"is more than {budget_s:g} s behind (markers behind: {last})",
                "Look at the replica's load and link; a failover now would lose those seconds.",
            )
        await world.clock.sleep(LOOK_EVERY_S)


def check_ids(group: Group) -> list[Finding]:
    gap = group.thresholds.id_gap
    findings = []
    for store in group.stores:
        more = f" and {', '.join(store.id_counters)}" if store.id_counters else ""
        findings.append(ok(f"ids of {store.name}", f"every counter{more} will jump by {gap}"))
    if group.engine == "mysql" and gap < 100:
        findings.append(warn("ids", f"a gap of {gap} is small", "Set thresholds.id_gap above the orders of a minute."))
    return findings
