"""What the settings themselves forbid or risk on the day."""

from farshore.daemon.readiness.finding import Finding, fail, ok, warn
from farshore.model.group import Group, Mode, Store
from farshore.model.permit import Gate


def check_policy(group: Group, notified: bool) -> list[Finding]:
    findings = [
        ok("mode", "auto: fails over by itself")
        if group.mode is Mode.AUTO
        else warn("mode", f"{group.mode}: somebody has to be awake", "Set mode: auto once drills have convinced you.")
    ]
    if group.permit.gate is not Gate.NONE:
        terms = group.permit
        findings.append(
            ok(
                "permit",
                f"orders need one ({terms.gate}); a region that is cut off stops selling after {terms.d_s:g} s, and "
                f"the other may sell {terms.wait_s:.1f} s after its last renewal",
            )
        )
        if terms.gate is Gate.TRIGGER:
            findings += [_unguarded(store) for store in group.stores if not store.guarded_tables]
    elif group.allow_unfenced:
        findings.append(
            warn(
                "allow_unfenced",
                "true: when the old database cannot be reached, orders may be taken in two places for a while",
                "Know it; the late fence and reconciliation come after. Set it to false to choose a closed checkout.",
            )
        )
    else:
        findings.append(
            warn(
                "allow_unfenced",
                "false: when the old database cannot be reached, the checkout stays closed until a word of yours",
                "Know it: pages stay up read-only. Set it to true to choose an open checkout.",
            )
        )
    if not notified:
        findings.append(
            warn(
                "notify", "nobody is told of a failover", "Set notify.webhook_file or notify.command in farshore.yaml."
            )
        )
    return findings


def _unguarded(store: Store) -> Finding:
    return fail(
        f"permit of {store.name}",
        "is enforced by no table: the database would take an order without a permit",
        "Name the table that gets a row with each order as stores.guarded_tables, or set permit.gate.",
    )
