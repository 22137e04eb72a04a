"""Killing, freezing and reviving one service: a droplet's systemd unit, or a plain cell's process by its label."""

from tidepool.faults.fault import World
from tidepool.faults.target import Target
from tidepool.lab.child import LabChild
from tidepool.lab.droplet import Droplet
from tidepool.lab.home import LabError

# Keeps a killed unit dead until the fault is removed, whatever its Restart= says and whoever starts it.
STAY_DEAD = """set -e
mkdir -p /run/systemd/system/"$1".d
printf '[Unit]\\nConditionPathExists=/nonexistent\\n[Service]\\nRestart=no\\n' > /run/systemd/system/"$1".d/fault.conf
systemctl daemon-reload
systemctl kill --signal=KILL --kill-whom=all "$1"
"""
REVIVE = """rm -rf /run/systemd/system/"$1".d
systemctl daemon-reload
systemctl reset-failed "$1"
systemctl start "$1"
"""


def _unit(target: Target) -> str:
    return target.unit if "." in target.unit else f"{target.unit}.service"


def _child(world: World, target: Target) -> LabChild:
    cell = world.lab.cell(target.name)
    if target.unit not in cell.children:
        raise LabError(
            f"host {cell.name} has no service {target.unit!r}; it has {', '.join(cell.children) or 'none of its own'}"
        )
    return cell.children[target.unit]


async def _signal(droplet: Droplet, unit: str, signal: str) -> None:
    await droplet.run(["systemctl", "kill", f"--signal={signal}", "--kill-whom=all", unit])


async def _must_exist(droplet: Droplet, unit: str) -> None:
    """systemd takes orders for units that it never heard of; a misspelt one must be an error, not a success."""
    if not await droplet.run(["systemctl", "cat", unit], check=False):
        raise LabError(f"droplet {droplet.name} has no unit {unit!r}; `systemctl list-units` in it shows those it has")


async def kill(world: World, target: Target) -> None:
    cell = world.lab.cell(target.name)
    if isinstance(cell, Droplet):
        await _must_exist(cell, _unit(target))
        await cell.run(["sh", "-c", STAY_DEAD, "sh", _unit(target)])
    else:
        _child(world, target).kill()
    world.hold("dead", target.name, target.unit)


async def revive(world: World, target: Target) -> None:
    if not world.release("dead", target.name, target.unit):
        return
    cell = world.lab.cell(target.name)
    if not cell.running():
        return  # the whole host is dead by another fault, and will bring the service with it
    if isinstance(cell, Droplet):
        await cell.run(["sh", "-c", REVIVE, "sh", _unit(target)])
    else:
        await world.lab.restart(cell)


async def freeze(world: World, target: Target) -> None:
    cell = world.lab.cell(target.name)
    if isinstance(cell, Droplet):
        await _must_exist(cell, _unit(target))
        await _signal(cell, _unit(target), "STOP")
    else:
        _child(world, target).group.freeze()
    world.hold("frozen", target.name, target.unit)


async def thaw(world: World, target: Target) -> None:
    if not world.release("frozen", target.name, target.unit):
        return
    cell = world.lab.cell(target.name)
    if not cell.running():
        return
    if isinstance(cell, Droplet):
        await _signal(cell, _unit(target), "CONT")
    else:
        _child(world, target).group.thaw()
