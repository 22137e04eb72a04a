"""Trusted sources: the text of a packet filter for a database's network. Loaded by the database servers.

Whether DigitalOcean's also ends connections that are open already is in no page that we know, so it is a setting:
`keep` (the default, since it is the worse case: an old writer's sessions commit for ever, and a controller that fences
by trusted sources alone believes in a fence that is none) refuses new connections only; `cut` drops every packet.
"""

from collections.abc import Sequence

ESTABLISHED = ("keep", "cut")


def ruleset(
    port: int, trusted: Sequence[str] | None, always: Sequence[str] = (), established: str = ESTABLISHED[0]
) -> str:
    """nftables text that replaces what was there, in one transaction.

    `trusted` None opens the port to the world; `always` are the platform's own sources (a replica that follows).
    """
    head = "table ip trusted\ndelete table ip trusted\n"
    if trusted is None:
        return head
    sources = sorted({*trusted, *always})
    allow = f"        tcp dport {port} ip saddr {{ {', '.join(sources)} }} accept\n" if sources else ""
    # By flags and not by connection tracking: that knows nothing of connections which are older than its first rule.
    opening = "tcp flags & (fin | syn | rst | ack) == syn " if established == "keep" else ""
    return (
        f"{head}table ip trusted {{\n"
        "    chain input {\n"
        "        type filter hook input priority 0; policy accept;\n"
        '        iifname "lo" accept\n'
        f"{allow}"
        f"        tcp dport {port} {opening}drop\n"
        "    }\n"
        "}\n"
    )
