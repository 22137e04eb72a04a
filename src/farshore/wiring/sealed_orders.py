"""Settings -> what opens journalled orders."""

from farshore.adapters.sealed_orders import SodiumOrders
from farshore.ports.order_journal import SealedOrders
from farshore.provision.journal_key import read_private_key
from farshore.settings.settings import Settings


def open_orders(settings: Settings) -> SealedOrders:
    """Raises BadSettings when the private key is not here, or others may read it."""
    return SodiumOrders(read_private_key(settings))
