"""The fences by network and by power, as commands: only where the database of the old region could not be fenced."""

from shlex import quote

from farshore.model.group import Place
from farshore.ports.cloud import NOBODY

_ONLY = "# Only when fence_database could not be done.\n"


def network(old: Place) -> str:
    """An empty list would admit the whole world. The list that was there is kept: it has to be put back one day."""
    kept = quote(f"sources-of-{old.database}.json")
    return (
        f"{_ONLY}"
        'FIREWALL="$API/v2/databases/$(jq -r .id <<<"$OLD")/firewall"\n'
        f'[ -s {kept} ] || api "$FIREWALL" | tee {kept}\n'
        "OWN=  # this machine's public address, so that a late fence gets through\n"
        f'api -X PUT "$FIREWALL" -d "$(jq -n --arg own "$OWN" \'{{rules: (["{NOBODY.value}", $own] | '
        'map(select(. != "") | {type: "ip_addr", value: .}))}\')"\n'
        'api "$FIREWALL" | jq -c .rules  # no proof: sessions that are open may live on'
    )


def hosts(old: Place) -> str:
    droplets = f'api "$API/v2/droplets?tag_name={quote(old.app_tag)}&per_page=200"'
    return (
        f"{_ONLY}"
        f"for id in $({droplets} | jq -r '.droplets[] | select(.region.slug == \"{old.region}\") | .id'); do\n"
        '  api -X POST "$API/v2/droplets/$id/actions" -d \'{"type": "power_off"}\' | jq -c .action\n'
        "done\n"
        f"until {droplets} | jq -e '.droplets | length > 0 and all(.status == \"off\")' >/dev/null; do sleep 2; done; "
        "echo 'all are off'"
    )
