"""`stores[].payments`: where the keys of payment providers are kept. Only reconciliation reads them."""

from farshore.settings import names
from farshore.settings.section import Section
from farshore.settings.settings import Payments


def read_payments(top: Section) -> tuple[Payments, ...]:
    """One for each store, in their order."""
    return tuple(_read(section) for section in top.sections("stores"))


def _read(store: Section) -> Payments:
    section = store.section("payments")
    for key in ("stripe_key", "paypal_client"):
        if section.has(key):
            raise section.refuse(key, f"may not be written here; use {key}_file (mode 0600).")
    payments = Payments(
        store=store.text("name", names.STORE),
        stripe_key_file=section.file_path("stripe_key_file"),
        paypal_client_file=section.file_path("paypal_client_file"),
        paypal_sandbox=section.flag("paypal_sandbox", False),
    )
    section.finish()
    return payments
