"""Trusted sources: the text of a packet filter for a database's network. Loaded by the database servers.

Stateless on purpose: a filter that lets established connections pass would leave an old writer's sessions
committing for ever, and a controller that fences by trusted sources would believe in a fence that is none.
"""

from collections.abc import Sequence


def ruleset(port: int, trusted: Sequence[str] | None, always: Sequence[str] = ()) -> str:
    """nftables text that replaces what was there, in one transaction.

    `trusted` None opens the port to the world; `always` are the platform's own sources (a replica that follows).
    """
    head = "table ip trusted\ndelete table ip trusted\n"
    if trusted is None:
        return head
    sources = sorted({*trusted, *always})
    allow = f"        tcp dport {port} ip saddr {{ {', '.join(sources)} }} accept\n" if sources else ""
    return (
        f"{head}table ip trusted {{\n"
        "    chain input {\n"
        "        type filter hook input priority 0; policy accept;\n"
        '        iifname "lo" accept\n'
        f"{allow}"
        f"        tcp dport {port} drop\n"
        "    }\n"
        "}\n"
    )
