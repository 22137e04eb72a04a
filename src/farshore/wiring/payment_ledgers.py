"""Settings -> the payment providers that one store names. Their libraries are imported only where a key is given."""

from farshore.model.failure import Refused
from farshore.ports.payment_ledger import PaymentLedger
from farshore.settings.problem import BadSettings
from farshore.settings.secret import read_secret_file
from farshore.settings.settings import Payments


def open_ledgers(payments: Payments) -> list[PaymentLedger]:
    """Raises BadSettings for a bad file of keys, Refused when a provider's library is not installed."""
    ledgers: list[PaymentLedger] = []
    try:
        if payments.stripe_key_file is not None:
            key = read_secret_file(payments.stripe_key_file, "Stripe's key").reveal()
            from farshore.adapters.stripe_ledger import StripeLedger

            ledgers.append(StripeLedger(key))
        if payments.paypal_client_file is not None:
            client = read_secret_file(payments.paypal_client_file, "PayPal's client").reveal()
            name, colon, secret = client.partition(":")
            if not colon or not name or not secret:
                raise BadSettings(
                    f"{payments.paypal_client_file}: must be CLIENT_ID:SECRET on one line; write it again."
                )
            from farshore.adapters.paypal_ledger import API, SANDBOX, PaypalLedger

            ledgers.append(PaypalLedger(name, secret, SANDBOX if payments.paypal_sandbox else API))
    except ModuleNotFoundError as error:
        raise Refused(
            f"The library {error.name} of a payment provider is not installed here.",
            "Run: pip install 'farshore[payments]', or take stores[].payments out.",
        ) from None
    return ledgers
