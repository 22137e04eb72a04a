"""The answer to /v1/view -> what the app port calls an AgentView."""

import ipaddress
import math

from farshore.adapters.agent_journal import states_from_json
from farshore.model.region import Epoch
from farshore.ports.agent_wire import Json, endpoint_from_json, sighting_from_json
from farshore.ports.app import AgentView, Bridge, BridgeAtWork, BridgeWhat, Heard, Left


def view_from_json(body: Json) -> AgentView:
    """Raises ValueError or TypeError for what is not a view. An agent of an older version leaves newer fields out."""
    endpoint = body.get("endpoint")
    return AgentView(
        agent=str(body.get("agent", "")),
        place=str(body.get("place", "")),
        endpoint=None if endpoint is None else endpoint_from_json(endpoint),
        sightings=tuple(sighting_from_json(item) for item in body.get("sightings") or []),
        heard=_heard(body.get("heard")),
        permit=_left(body.get("permit")),
        promise=_left(body.get("promise")),
        bridge=_bridge(body.get("bridge")),
        troubles=tuple(str(trouble) for trouble in body.get("troubles") or []),
        journal=states_from_json(body.get("journal") or {}),
    )


def seconds(value: object, what: str) -> float:
    """Raises ValueError for what is no length of time."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ValueError(f"{what} is no number of seconds.")
    return float(value)


def _left(value: object) -> Left | None:
    if value is None:
        return None
    epoch = value.get("epoch") if isinstance(value, dict) else None
    if not isinstance(value, dict) or isinstance(epoch, bool) or not isinstance(epoch, int):
        raise ValueError("A permit or promise has an epoch and left_s.")
    return Left(Epoch(epoch), seconds(value.get("left_s"), "left_s"))


def _bridge(value: object) -> BridgeAtWork | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ValueError("A bridge is a JSON object.")
    address = str(ipaddress.ip_address(str(value.get("address"))))
    return BridgeAtWork(Bridge(address, BridgeWhat(str(value.get("what")))), int(value.get("handed") or 0))


def _heard(value: object) -> Heard | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("controller"), str):
        raise ValueError("The field heard is a controller and an age.")
    return Heard(value["controller"], seconds(value.get("age_s", 0.0), "age_s"))
