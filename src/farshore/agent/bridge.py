"""Where nginx hands late visitors over to, and which of their requests: two words of nginx's configuration."""

import ipaddress
from dataclasses import dataclass

from farshore.ports.agent_wire import Json


@dataclass(frozen=True, slots=True)
class Bridge:
    address: str  # an IP address
    what: str  # writes | all

    def text(self) -> str:
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f'set $bridge_to "https://{address}";\nset $bridge_what "{self.what}";\n'


def bridge_from_json(value: object) -> Bridge | None:
    """Raises ValueError. What gets into nginx's configuration is an address and one of two words, nothing else."""
    if value is None:
        return None
    if not isinstance(value, dict) or value.get("what") not in ("writes", "all"):
        raise ValueError("The field bridge has an address and what, which is writes or all.")
    address = value.get("address")
    if not isinstance(address, str) or "%" in address:
        raise ValueError("The field bridge.address is an IP address.")
    try:
        return Bridge(str(ipaddress.ip_address(address)), value["what"])
    except ValueError:
        raise ValueError("The field bridge.address is an IP address.") from None


def bridge_to_json(bridge: Bridge | None) -> Json | None:
    return None if bridge is None else {"address": bridge.address, "what": bridge.what}
