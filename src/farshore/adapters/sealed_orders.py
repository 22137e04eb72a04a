"""Opens the boxes in which the shop seals its orders (libsodium's). Implements the port's SealedOrders."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

from farshore.model.failure import Refused


class SodiumOrders:
    def __init__(self, private_key: bytes) -> None:
        self._box = SealedBox(PrivateKey(private_key))

    def open(self, sealed: str) -> Mapping[str, Any]:
        try:
            order = json.loads(self._box.decrypt(base64.b64decode(sealed, validate=True)))
        except (CryptoError, binascii.Error, ValueError, TypeError, RecursionError) as error:
            raise Refused(
                "A journalled order cannot be opened with this group's key.",
                "Is agents.journal_key_file the key that `farshore agents deploy` gave the public part of?",
            ) from error
        if not isinstance(order, dict):
            raise Refused("What lies in a journalled order's box is no order.", "Deploy the shop's plugin again.")
        return order
