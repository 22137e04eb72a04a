"""Pulling a droplet's plug and putting it back. What was accepted is not done: only the droplet's own state tells."""

from farshore.adapters.digitalocean.account import Account, Forbidden, Json, Rejected
from farshore.model.failure import Refused, RetryLater
from farshore.ports.cloud import Host, Power

_ALREADY = "already powered"
_PENDING = "pending event"
_POLL_S = 1.0


async def state(account: Account, host: Host) -> Power:
    body = await account.read(account.client.droplets.get, host.id)
    if body is None:
        return Power.GONE
    droplet: Json = body.get("droplet") or {}
    if droplet.get("locked") or droplet.get("status") == "new":
        return Power.CHANGING
    # Whatever is not said to be off may be running.
    return Power.OFF if droplet.get("status") == "off" else Power.ON


async def turn(account: Account, host: Host, on: bool) -> None:
    wanted = Power.ON if on else Power.OFF
    now = await state(account, host)
    if now is Power.GONE and on:
        raise Refused(f"The droplet {host.name} (id {host.id}) does not exist any more.", "Make another one.")
    if now in (wanted, Power.GONE):
        return
    if now is Power.CHANGING:
        raise RetryLater(f"The droplet {host.name} is in the middle of another action.", after_s=_POLL_S)
    body = {"type": "power_on" if on else "power_off"}
    try:
        done = await account.write(account.client.droplet_actions.post, host.id, body)
    except Rejected as error:
        if _ALREADY in error.said:
            return
        if _PENDING in error.said:
            raise RetryLater(f"The droplet {host.name} is in the middle of another action.", "", _POLL_S) from error
        raise
    except Forbidden as error:
        raise Refused(error.what, "Give the token the scope droplet:update.") from error
    if done is None and on:
        raise Refused(f"The droplet {host.name} (id {host.id}) does not exist any more.", "Make another one.")
    if ((done or {}).get("action") or {}).get("status") == "errored":
        raise RetryLater(f"The provider failed to power {host.name} {wanted}.", "Look at it in the panel.", _POLL_S)
