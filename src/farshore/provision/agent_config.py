"""agent.json for one app server. What to probe is no part of it: controllers tell that, references included."""

import json

from farshore.model.group import Place
from farshore.model.order_journal import JournalTerms
from farshore.ports.cloud import Host
from farshore.provision import unit
from farshore.settings.settings import Settings


def agent_config(settings: Settings, place: Place, host: Host) -> str:
    """What `farshore.agent.config` reads."""
    body = {
        "agent": host.name,
        "place": place.region,
        "authority_file": unit.AUTHORITY_PATH,
        "certificate_file": unit.CERTIFICATE_PATH,
        "key_file": unit.KEY_PATH,
        "endpoint_file": f"{unit.ENDPOINT_DIR}/endpoint.json",
        "state": unit.STATE_DIR,
        "listen": f"0.0.0.0:{place.agent_port}",
        "ca_file": unit.CA_PATH if settings.probe.ca_file is not None else None,
        "journal": {"stores": {store.name: _terms(store.journal) for store in settings.group.stores}},
    }
    return json.dumps(body, indent=2) + "\n"


def _terms(terms: JournalTerms) -> dict[str, object]:
    return {
        "policy": terms.policy.value,
        "timeout_ms": terms.timeout_ms,
        "keep_days": terms.keep_days,
        "max_mb": terms.max_mb,
    }
