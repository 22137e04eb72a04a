"""Whom the fence takes for a session inside a trigger: by the host that MySQL shows for it."""

import pytest

from farshore.adapters.mysql.fence import _of_a_definer


@pytest.mark.parametrize(
    ("host", "inside"),
    [
        ("%:35234", True),  # definer doadmin@'%'
        ("localhost:35234", True),  # definer root@localhost
        ("10.0.%:35234", True),
        ("%", True),
        ("10.10.0.7:35234", False),  # somebody's own session, by network
        ("2001:db8::7:35234", False),
        ("[2001:db8::7]:35234", False),
        ("localhost", False),  # by the socket: the platform, the event scheduler
        ("", False),  # replication
    ],
)
def test_a_host_that_is_no_address_is_an_accounts(host: str, inside: bool) -> None:
    assert _of_a_definer(host) is inside
