"""The agent's protocol as both its ends need it: the JSON of values. Used by `agent` and by its client.

Neither end may import the other, so what they agree on lies below both. docs/architecture.md has it in words.
"""

from typing import Any

from farshore.model.region import Endpoint, Epoch, RegionName, Role
from farshore.model.sighting import Door, Sighting
from farshore.ports.prober import Target

PORT = 9470

Json = dict[str, Any]


def endpoint_to_json(endpoint: Endpoint) -> Json:
    return {
        "epoch": int(endpoint.epoch),
        "role": endpoint.role.value,
        "region": str(endpoint.region),
        "host": endpoint.host,
        "port": endpoint.port,
    }


def endpoint_from_json(value: object) -> Endpoint:
    """Raises ValueError for anything that is not a whole endpoint."""
    if not isinstance(value, dict):
        raise ValueError("An endpoint is a JSON object.")
    if value.get("role") not in tuple(Role):
        raise ValueError("The field role is writer or standby.")
    return Endpoint(
        epoch=Epoch(_whole(value, "epoch")),
        role=Role(value["role"]),
        region=RegionName(_text(value, "region")),
        host=_text(value, "host"),
        port=_whole(value, "port"),
    )


def target_to_json(target: Target) -> Json:
    """Without `ca_file`: a path means nothing on another machine, so an agent has its own."""
    return {
        "door": target.door.value,
        "region": str(target.region),
        "address": target.address,
        "port": target.port,
        "host": target.host,
        "path": target.path,
        "tls": target.tls,
        "expect": target.expect,
        "method": target.method,
        "form": [list(pair) for pair in target.form],
    }


def target_from_json(value: object, ca_file: str | None) -> Target:
    """Raises ValueError for anything that is not a whole target."""
    if not isinstance(value, dict):
        raise ValueError("A target is a JSON object.")
    form = value.get("form", [])
    if not isinstance(form, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in form):
        raise ValueError("A target's form is a list of pairs.")
    method = str(value.get("method", "GET"))
    path, host = _text(value, "path"), _text(value, "host")
    if method not in ("GET", "HEAD", "POST") or any(character.isspace() for character in path + host):
        raise ValueError("A target's method is GET, HEAD or POST, and its path and host hold no spaces.")
    return Target(
        door=Door(_text(value, "door")),
        region=RegionName(_text(value, "region")),
        address=_text(value, "address"),
        port=_whole(value, "port"),
        host=host,
        path=path,
        tls=value.get("tls", True) is True,
        ca_file=ca_file,
        expect=str(value.get("expect", "")),
        method=method,
        form=tuple((str(pair[0]), str(pair[1])) for pair in form),
    )


def sighting_to_json(sighting: Sighting) -> Json:
    return {
        "vantage": sighting.vantage,
        "place": sighting.place,
        "door": sighting.door.value,
        "region": str(sighting.region),
        "ok": sighting.ok,
        "streak": sighting.streak,
        "age_s": round(sighting.age_s, 3),
        "why": sighting.why,
    }


def sighting_from_json(value: object) -> Sighting:
    """Raises ValueError for anything that is not a whole sighting."""
    if not isinstance(value, dict):
        raise ValueError("A sighting is a JSON object.")
    age_s = value.get("age_s")
    if isinstance(age_s, bool) or not isinstance(age_s, int | float) or not 0 <= age_s < float("inf"):
        raise ValueError("A sighting's age is a number of seconds.")
    return Sighting(
        vantage=_text(value, "vantage"),
        place=_text(value, "place"),
        door=Door(_text(value, "door")),
        region=RegionName(_text(value, "region")),
        ok=value.get("ok") is True,
        streak=_whole(value, "streak"),
        age_s=float(age_s),
        why=str(value.get("why", "")),
    )


def _whole(value: Json, key: str) -> int:
    number = value.get(key)
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise ValueError(f"The field {key} is a whole number, not negative.")
    return number


def _text(value: Json, key: str) -> str:
    text = value.get(key)
    if not isinstance(text, str) or not text:
        raise ValueError(f"The field {key} is a text, not empty.")
    return text
