"""keep_divergence: what the old writer has and the new one never received goes to disk before anything is deleted."""

import json

from farshore.engine.divergence import Sides, divergence
from farshore.engine.steps.context import Done, StepContext
from farshore.engine.steps.standby_side import follows, refuse_unfenced, standby, writer
from farshore.model.divergence import Divergence
from farshore.model.failure import Refused
from farshore.model.group import Store
from farshore.ports.cloud import DatabaseServer
from farshore.ports.evidence import WriteLine


async def perform(ctx: StepContext) -> Done:
    new, old = await writer(ctx), await standby(ctx)
    if old is None:
        return Done("the old database is gone already; nothing to compare", facts={"missing": None})
    if follows(old, new):
        return Done("it follows the writer already; nothing to compare", facts={"missing": 0, "differs": 0})
    await refuse_unfenced(ctx, old)
    said, missing, differs, files, blind = [], 0, 0, [], []
    for store in ctx.group.stores:
        name = f"{ctx.group.name}-{store.name}-epoch-{ctx.plan.epoch}.jsonl"
        summaries: list[Divergence] = []

        async def work(write: WriteLine, store: Store = store, found: list[Divergence] = summaries) -> None:
            found.append(await _compare(ctx, store, old, new, write))

        files.append(await ctx.world.evidence.keep(name, work))
        found = summaries[-1]
        missing, differs = missing + found.missing, differs + found.differs
        said.append(f"{store.name}: {found.missing} rows missing, {found.differs} other ({files[-1]})")
        blind += [f"{store.name}.{table.table} ({table.why_not})" for table in found.not_compared]
    if blind:
        raise Refused(
            f"Not every table could be compared: {', '.join(blind)}. What could be is kept ({'; '.join(files)}).",
            "Save those tables by hand, then `farshore take-over keep_divergence`.",
        )
    return Done("; ".join(said), facts={"missing": missing, "differs": differs, "files": files})


async def _compare(
    ctx: StepContext, store: Store, old: DatabaseServer, new: DatabaseServer, write: WriteLine
) -> Divergence:
    """Lines of differences, then one line with the summary, so that a file without it is known to be cut."""
    databases = [ctx.world.database(server) for server in (old, new)]
    readers = [database.reader() for database in databases]
    try:
        sides = Sides(readers[0], readers[1], store.database, ctx.world.clock)
        found = await divergence(sides, store.guarded_tables, lambda difference: write(difference.to_line().rstrip()))
        write(json.dumps({"summary": found.to_json()}))
        return found
    finally:
        for reader, database in zip(readers, databases, strict=True):
            await reader.close()
            await database.close()
