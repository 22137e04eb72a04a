"""DigitalOcean's domain records as the text of a zone file."""

from collections.abc import Mapping, Sequence
from typing import Any

DEFAULT_TTL_S = 1800
NEGATIVE_TTL_S = 2  # a name asked for a moment too early must not stay missing
PRIMARY = "ns1.tidepool.test."
NAME_VALUED = {"CNAME", "MX", "NS", "SRV"}


def zone_text(domain: str, records: Sequence[Mapping[str, Any]], serial: int) -> str:
    """`domain` without a final dot, or "." for the root. SOA and NS of the zone itself are ours, whatever is asked."""
    origin = domain.rstrip(".") + "."
    lines = [
        f"$ORIGIN {origin}",
        f"@ {NEGATIVE_TTL_S} SOA {PRIMARY} hostmaster.tidepool.test. {serial} 3600 600 604800 {NEGATIVE_TTL_S}",
        f"@ {DEFAULT_TTL_S} NS {PRIMARY}",
    ]
    for record in records:
        if record["type"] == "SOA" or (record["type"] == "NS" and record["name"] in ("@", "")):
            continue
        ttl = record.get("ttl") or DEFAULT_TTL_S
        lines.append(f"{_owner(record['name'], origin)} {ttl} {record['type']} {_data(record, origin)}")
    return "\n".join(lines) + "\n"


def _owner(name: str, origin: str) -> str:
    if name in ("@", ""):
        return origin
    if name.endswith("."):
        return name
    return f"{name}." if f"{name}." == origin else f"{name}.{origin.lstrip('.')}"


def _target(data: str, origin: str) -> str:
    if data == "@":
        return origin
    return data if data.endswith(".") else f"{data}."


def _data(record: Mapping[str, Any], origin: str) -> str:
    kind, data = record["type"], str(record["data"])
    if kind in NAME_VALUED:
        data = _target(data, origin)
    if kind == "MX":
        return f"{record.get('priority') or 0} {data}"
    if kind == "SRV":
        return f"{record.get('priority') or 0} {record.get('weight') or 0} {record.get('port') or 0} {data}"
    if kind == "CAA":
        return f"{record.get('flags') or 0} {record.get('tag') or 'issue'} {_quoted(data)}"
    if kind == "TXT":
        # One string holds at most 255 bytes.
        return " ".join(_quoted(data[start : start + 255]) for start in range(0, max(len(data), 1), 255))
    return data


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if " " <= c <= "~" else "".join(f"\\{b:03d}" for b in c.encode()) for c in escaped) + '"'
