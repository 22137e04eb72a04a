"""Seconds and counts. Each has a range, and those that depend on each other are compared."""

from farshore.model.group import Thresholds
from farshore.settings.section import Section

TIMEOUT_S_MIN = 1.2  # a lost SYN is sent again after 1 s; less would take one lost packet for an outage


def read_thresholds(section: Section) -> Thresholds:
    usual = Thresholds()
    thresholds = Thresholds(
        interval_s=section.number("interval_s", usual.interval_s, 0.2, 60),
        timeout_s=section.number("timeout_s", usual.timeout_s, 0.1, 60),
        down_after=section.integer("down_after", usual.down_after, 1, 100),
        up_after=section.integer("up_after", usual.up_after, 1, 100),
        fresh_s=section.number("fresh_s", usual.fresh_s, 0.5, 300),
        rpo_budget_s=section.number("rpo_budget_s", usual.rpo_budget_s, 1, 86400),
        cool_down_s=section.number("cool_down_s", usual.cool_down_s, 0, 604800),
        veto_s=section.number("veto_s", usual.veto_s, 0, 86400),
        fence_patience_s=section.number("fence_patience_s", usual.fence_patience_s, 0.1, 600),
        lease_ttl_s=section.number("lease_ttl_s", usual.lease_ttl_s, 1, 300),
        id_gap=section.integer("id_gap", usual.id_gap, 1, 1_000_000_000),
    )
    if thresholds.timeout_s < TIMEOUT_S_MIN:
        raise section.refuse(
            "timeout_s",
            f"is {thresholds.timeout_s}, so one lost packet would look like an outage; write {TIMEOUT_S_MIN} or more.",
        )
    fresh_s_min = thresholds.interval_s + thresholds.timeout_s
    if thresholds.fresh_s < fresh_s_min:
        raise section.refuse(
            "fresh_s",
            f"is {thresholds.fresh_s:g}, less than interval_s + timeout_s, so every slow look would be thrown away; "
            f"write {fresh_s_min:g} or more.",
        )
    if thresholds.lease_ttl_s < 2 * thresholds.interval_s:
        raise section.refuse(
            "lease_ttl_s",
            f"is {thresholds.lease_ttl_s:g}, less than two intervals, so leadership would flap; "
            f"write {2 * thresholds.interval_s:g} or more.",
        )
    section.finish()
    return thresholds
