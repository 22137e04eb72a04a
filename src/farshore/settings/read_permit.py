"""The section `permit`: a profile, and any of its figures instead; the inequality that makes a wait safe is checked.

A checkout that can outlast A would be refused in its middle, after the customer has paid; so that is refused here.
"""

from dataclasses import replace

from farshore.model.group import Store
from farshore.model.permit import PROFILES, Gate, PermitTerms
from farshore.settings.section import Section

TRIES_MIN = 3  # renewals that may fail in a row before a healthy shop closes


def read_permit(section: Section, stores: tuple[Store, ...]) -> PermitTerms:
    profile = section.choice("profile", tuple(PROFILES), "default")
    usual = PROFILES[profile]
    terms = replace(
        usual,
        d_s=section.number("d_s", usual.d_s, 1, 600),
        renew_s=section.number("renew_s", usual.renew_s, 0.1, 120),
        soft_s=section.number("soft_s", usual.soft_s, 0.1, 600),
        commit_s=section.number("commit_s", usual.commit_s, 0.1, 60),
        step_s=section.number("step_s", usual.step_s, 0, 600),
        drift=section.number("drift", usual.drift, 0.0002, 0.1),
        gate=Gate(section.choice("gate", tuple(Gate), usual.gate)),
    )
    terms = replace(terms, wait_longer_s=section.number("wait_s", terms.wait_s, 0, 3600))
    _check(section, profile, terms, stores)
    section.finish()
    return terms


def _check(section: Section, profile: str, terms: PermitTerms, stores: tuple[Store, ...]) -> None:
    if terms.wait_longer_s < terms.wait_min_s:
        raise section.refuse(
            "wait_s",
            f"is {terms.wait_longer_s:g}, but permits given before may take orders for {terms.wait_min_s:.2f} s "
            "((1+drift)(d_s/(1-drift) + commit_s + step_s)): two regions could sell at once. Write that or more.",
        )
    left_s = terms.d_s - TRIES_MIN * terms.renew_s
    if left_s <= 0:
        raise section.refuse(
            "renew_s",
            f"is {terms.renew_s:g}, so a healthy shop would close after less than {TRIES_MIN} renewals that failed; "
            f"write {terms.d_s / (TRIES_MIN + 1):g} or less, or a longer d_s.",
        )
    if terms.soft_s > terms.d_s - terms.renew_s:
        raise section.refuse(
            "soft_s",
            f"is {terms.soft_s:g}, but just before a renewal only {terms.d_s - terms.renew_s:g} s are left, so no "
            "checkout would be admitted; write less.",
        )
    if terms.commit_s > terms.soft_s:
        raise section.refuse(
            "commit_s", f"is {terms.commit_s:g}, longer than soft_s ({terms.soft_s:g}); write less, or more soft_s."
        )
    for store in stores:
        if store.checkout_max_s > terms.soft_s:
            raise section.refuse(
                "profile",
                f"is {profile}, which admits a checkout with {terms.soft_s:g} s left, but one of {store.name} may take "
                f"{store.checkout_max_s:g} s, payment included (checkout_max_s): it would be refused in its middle. "
                "Write a calmer profile, or measure the checkout and correct checkout_max_s.",
            )
