"""The address at which app servers are told to renew with this controller."""

import socket

from farshore.settings.settings import Settings
from farshore.wiring.tagged_apps import TaggedApps


def relay_address(settings: Settings, apps: TaggedApps) -> str:
    """As farshore.yaml has it, else the address from which this machine reaches the app servers; empty: not known."""
    vantage = settings.controller
    if vantage.address:
        return f"{vantage.address}:{vantage.port}"
    for app in apps.all():
        host, _, port = app.address.rpartition(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            try:
                asking.connect((host, int(port)))  # sends nothing: the kernel only picks the way
            except OSError:
                continue
            return f"{asking.getsockname()[0]}:{vantage.port}"
    return ""
