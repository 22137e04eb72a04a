"""Faults of the API itself, by route pattern: `PUT /v2/databases/*/replicas/*/promote` or just `/v2/domains/*`."""

import re
from dataclasses import dataclass, field, replace

STATUSES = (429, 500, 503)


@dataclass(frozen=True, slots=True)
class Fault:
    """`status` answers without acting; `ambiguous` acts and then drops the connection; `timeout` never answers.
    `delay_s` comes first and may stand alone. `late_s` answers at once and acts that much later, whatever becomes of
    the fault; with `ambiguous`, or where the answer would have a body that nobody knows yet, it does not answer at all.
    `times` None: until removed."""

    route: str
    status: int | None = None
    delay_s: float = 0.0
    late_s: float = 0.0
    ambiguous: bool = False
    timeout: bool = False
    times: int | None = None

    def matches(self, method: str, path: str) -> bool:
        wanted_method, _, pattern = self.route.rpartition(" ")
        regex = re.escape(pattern.rstrip("/")).replace(r"\*", "[^/]+")
        deep = "(/.*)?" if pattern.endswith("*") else ""
        return wanted_method in ("", "*", method) and re.fullmatch(regex + deep, path) is not None


def parse(route: str, options: dict[str, str]) -> Fault:
    """From the words of `tidepool fault add api TARGET key=value`; ValueError says what is wrong."""
    known = {"status", "delay", "late", "ambiguous", "timeout", "times"}
    if unknown := set(options) - known:
        raise ValueError(f"An api fault has no option {sorted(unknown)[0]!r}; use one of {', '.join(sorted(known))}.")
    if not route.rpartition(" ")[2].startswith("/"):
        raise ValueError(
            f"The route {route!r} must be a path such as '/v2/domains/*', with a method before it if you like."
        )
    fault = Fault(
        route,
        status=int(_number(options, "status")) if "status" in options else None,
        delay_s=_number(options, "delay") if "delay" in options else 0.0,
        late_s=_number(options, "late") if "late" in options else 0.0,
        ambiguous=_truth(options, "ambiguous"),
        timeout=_truth(options, "timeout"),
        times=int(_number(options, "times")) if "times" in options else None,
    )
    if fault.status is not None and fault.status not in STATUSES:
        raise ValueError(f"status={fault.status} is not offered; use one of 429, 500 or 503.")
    if fault.status is None and not (fault.delay_s or fault.late_s or fault.ambiguous or fault.timeout):
        raise ValueError("An api fault needs one of status=, delay=, late=, ambiguous=true or timeout=true.")
    if fault.late_s and (fault.status is not None or fault.timeout):
        raise ValueError("late= acts after all, so it does not go with status= or timeout=true; leave those out.")
    return fault


def _number(options: dict[str, str], key: str) -> float:
    """None of them makes sense at zero or below."""
    try:
        value = float(options[key])
    except ValueError:
        value = 0.0
    if not value > 0:
        raise ValueError(f"{key}={options[key]} is not a number above zero.")
    return value


def _truth(options: dict[str, str], key: str) -> bool:
    word = options.get(key, "false").lower()
    if word not in ("true", "false"):
        raise ValueError(f"{key}={word} must be true or false.")
    return word == "true"


@dataclass
class Faults:
    """The hook that `tidepool fault` uses: add, remove, list. The server takes from it once per request."""

    _active: dict[str, Fault] = field(default_factory=dict)

    def add(self, fault_id: str, fault: Fault) -> None:
        self._active[fault_id] = fault

    def remove(self, fault_id: str) -> None:
        self._active.pop(fault_id, None)

    def list(self) -> dict[str, Fault]:
        return dict(self._active)

    def take(self, method: str, path: str) -> Fault | None:
        """The first fault that matches, one use of it spent."""
        for fault_id, fault in self._active.items():
            if not fault.matches(method, path):
                continue
            if fault.times is not None:
                if fault.times <= 1:
                    del self._active[fault_id]
                else:
                    self._active[fault_id] = replace(fault, times=fault.times - 1)
            return fault
        return None
