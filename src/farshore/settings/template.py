"""The farshore.yaml that `farshore init` writes: small, commented, and read back before it is saved."""

import json
from collections.abc import Iterable

from farshore.model.permit import Gate
from farshore.settings.answers import Answers, PlaceAnswers, VerifyAnswers
from farshore.settings.settings import DIGITALOCEAN

_HEAD = """\
# farshore.yaml: one group of stores in two DigitalOcean regions.
# `farshore check` says what would break a failover today. All settings: docs/configuration.md
# No secret belongs in this file: the token comes from FARSHORE_TOKEN or from provider.token_file.
"""


def render(answers: Answers) -> str:
    """The file's text. Every value is quoted as JSON, which YAML reads, so no value can become a key."""
    parts = [
        _HEAD,
        f"group: {_quote(answers.group)}\n"
        f"engine: {_quote(answers.engine)}  # mysql (MariaDB too) or pg\n"
        f"mode: {_quote(answers.mode)}  # auto: fails over by itself | approve: on a word, or after veto_s | manual\n",
        _permit(answers),
        "# `first` is where orders are taken on the first day. Names are those in your DigitalOcean account.\n"
        "regions:\n" + _place("first", answers.first) + _place("second", answers.second),
        _store(answers),
        _provider(answers),
        f"controller:\n  place: {_quote(answers.place)}  # where this machine stands; never one of the two regions\n",
        _agents(answers),
        _probe(answers),
    ]
    if answers.dns_servers:
        parts.append(f"dns:\n  servers: {_list(answers.dns_servers)}  # asked directly instead of the zone's own\n")
    return "\n".join(parts)


def _permit(answers: Answers) -> str:
    text = (
        "# The permit: leave to take orders for a few seconds, renewed by the app servers. A region that is cut\n"
        "# off stops selling by itself, so the other may begin. fast: 3 s, default: 15 s, calm: 60 s.\n"
        "permit:\n"
        f"  profile: {answers.profile}\n"
        f"  gate: {answers.gate}  # trigger: in the database | kernel: nftables on the app servers | none\n"
    )
    if answers.gate != Gate.NONE and not answers.allow_unfenced:
        return text
    return text + (
        "# What to do when the old database cannot be reached, so that nobody can prove it stopped taking orders:\n"
        "# false stops before promotion and keeps pages up read-only; true goes on, and may split orders.\n"
        f"allow_unfenced: {'true' if answers.allow_unfenced else 'false'}\n"
    )


def _place(name: str, place: PlaceAnswers) -> str:
    return (
        f"  {name}:\n"
        f"    region: {_quote(place.region)}\n"
        f"    load_balancer: {_quote(place.load_balancer)}\n"
        f"    database: {_quote(place.database)}  # cluster or replica\n"
        f"    app_tag: {_quote(place.app_tag)}  # tag of the app servers\n"
    )


def _store(answers: Answers) -> str:
    lines = [
        "stores:",
        f"  - name: {_quote(answers.group)}",
        f"    domain: {_quote(answers.domain)}",
        f"    zone: {_quote(answers.zone)}  # the domain in your account that holds the record",
        "    ttl_s: 30  # DigitalOcean's smallest; shoppers wait this long for the new address",
    ]
    if answers.id_counters:
        lines.append(f"    id_counters: {_list(answers.id_counters)}  # hand out ids besides AUTO_INCREMENT")
    if answers.guarded_tables:
        lines.append(f"    guarded_tables: {_list(answers.guarded_tables)}  # no row without a permit")
    if answers.checkout_max_s is not None:
        lines.append(f"    checkout_max_s: {answers.checkout_max_s:g}  # longest checkout, payment included")
    wanted = "# journal: {policy: open}" if answers.journal == "off" else f"journal: {{policy: {answers.journal}}}"
    lines.append(f"    {wanted}  # each order on a disk of the other region before the customer is thanked")
    if answers.verify is not None:
        lines += _verify(answers.verify)
    else:
        lines += [
            "    # verify:  # an order placed from outside at the end of a failover",
            "    #   path: /checkout",
            "    #   method: POST",
            '    #   form: {email: "probe@example.com", token: "{unique}"}',
            "    #   expect: order_id",
        ]
    return "\n".join(lines) + "\n"


def _verify(verify: VerifyAnswers) -> list[str]:
    lines = [
        "    verify:  # an order placed from outside at the end of a failover",
        f"      path: {_quote(verify.path)}",
        "      method: POST",
        "      form:",
        *(f"        {key}: {_quote(value)}" for key, value in verify.form),
    ]
    if verify.expect:
        lines.append(f"      expect: {_quote(verify.expect)}")
    return lines


def _provider(answers: Answers) -> str:
    lines = []
    if answers.endpoint != DIGITALOCEAN:
        lines.append(f"  endpoint: {_quote(answers.endpoint)}")
    if answers.provider_ca_file:
        lines.append(f"  ca_file: {_quote(answers.provider_ca_file)}")
    if answers.token_file:
        lines.append(f"  token_file: {_quote(answers.token_file)}  # mode 0600")
    if not lines:
        lines.append("  # token_file: token  # mode 0600; or set FARSHORE_TOKEN")
    return "provider:\n" + "\n".join(lines) + "\n"


def _agents(answers: Answers) -> str:
    lines = [
        "agents:",
        "  # farshore-ca.pem and .key beside this file are the group's authority: controllers and app servers know",
        "  # each other by its certificates. Whoever has that key can point the shop elsewhere: keep it safe.",
        f"  ssh_user: {_quote(answers.ssh_user)}  # `farshore agents deploy` logs in as",
    ]
    if answers.ssh_key_file:
        lines.append(f"  ssh_key_file: {_quote(answers.ssh_key_file)}")
    return "\n".join(lines) + "\n"


def _probe(answers: Answers) -> str:
    lines = ["probe:"]
    if answers.probe_ca_file:
        lines.append(f"  ca_file: {_quote(answers.probe_ca_file)}  # authority of the store's certificates")
    lines.append("  # A controller that reaches none of these judges nobody: the fault may be its own.")
    lines.append(f"  references: {_list(answers.references)}")
    return "\n".join(lines) + "\n"


def _list(values: Iterable[str]) -> str:
    return "[" + ", ".join(_quote(value) for value in values) + "]"


def _quote(text: str) -> str:
    """Bare where YAML reads the very same text, quoted otherwise."""
    plain = text.isascii() and text.replace("-", "a").replace(".", "a").replace("/", "a").isalnum()
    if (
        plain
        and text[0].isalpha()
        and text.lower() not in {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
    ):
        return text
    return json.dumps(text)
