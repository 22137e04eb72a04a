"""How long the certificates still last by which controllers and agents know each other."""

from farshore.daemon.readiness.finding import Finding, ok, warn
from farshore.transport.identity import Known

DAY_S = 86400.0
WARN_BEFORE_S = 60 * DAY_S


def check_authority(known: Known, at_s: float) -> list[Finding]:
    """`at_s`: seconds since 1970."""
    left_s, authority_left_s = known.until_s - at_s, known.authority_until_s - at_s
    if authority_left_s < WARN_BEFORE_S:
        return [
            warn(
                "authority",
                f"ends in {authority_left_s / DAY_S:.0f} days, and every certificate with it",
                "Move its two files and the controller's away, run `farshore init --authority`, then "
                "`farshore agents deploy`, and start `farshore watch` again.",
            )
        ]
    if left_s < WARN_BEFORE_S:
        return [
            warn(
                "this controller's certificate",
                f"ends in {left_s / DAY_S:.0f} days",
                "Run `farshore agents deploy`, then start `farshore watch` again.",
            )
        ]
    return [ok("authority", f"lasts {authority_left_s / DAY_S:.0f} days, {known.caller} {left_s / DAY_S:.0f}")]
