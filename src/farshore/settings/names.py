"""Which names are allowed to enter. They later reach SQL, DNS, SSH and URLs, so they are checked at birth.

Each rule is a pattern and the words that say it; nothing downstream has to distrust a name again.
"""

import ipaddress
import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    pattern: re.Pattern[str]
    words: str  # ends the sentence "... must be"

    def allows(self, text: str) -> bool:
        return self.pattern.fullmatch(text) is not None


_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"

GROUP = Rule(re.compile(r"[a-z][a-z0-9-]{0,39}"), "a small letter, then small letters, digits and dashes (40 at most)")
STORE = GROUP
REGION = Rule(re.compile(r"[a-z]{3}[0-9]{1,2}"), "a region slug such as nyc3")
PLACE = Rule(re.compile(r"[a-z][a-z0-9-]{0,39}"), "a region slug, or any short name for a place outside, such as home")
DOMAIN = Rule(
    re.compile(rf"(?=.{{4,253}}\Z)(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])"),
    "a public host name in small letters, such as shop.example.com (no https://, no final dot)",
)
BALANCER = Rule(re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,254}"), "a load balancer's name: letters, digits, dots, dashes")
DATABASE = Rule(
    re.compile(r"[a-z][a-z0-9-]{2,62}"),
    "a managed database's name: 3 to 63 small letters, digits and dashes, a letter first",
)
HOST = Rule(
    re.compile(rf"(?:[a-z0-9-]{{1,63}}\.){{0,9}}{_LABEL}|[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}}"),
    "a droplet's name in small letters, or an IPv4 address",
)
DATA_FOLDER = Rule(
    re.compile(r"(?:/[A-Za-z0-9_][A-Za-z0-9_.+-]*){2,12}"),
    "the whole path of a folder, at least two deep, such as /var/lib/mysql: a rebuild replaces what is in it",
)
UNIT = Rule(re.compile(r"[A-Za-z0-9][A-Za-z0-9@_.-]{0,99}"), "a systemd unit's name without .service")
TAG = Rule(re.compile(r"[A-Za-z0-9_:-]{1,255}"), "a tag: letters, digits, dashes, underscores and colons")
SQL_NAME = Rule(re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}"), "a plain SQL name: letters, digits and underscores")
COUNTER = Rule(
    re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}\.[A-Za-z_][A-Za-z0-9_]{0,62}"),
    "table.column, such as counters.value",
)
PATH = Rule(re.compile(r"/[!-~]{0,1023}"), "a path that begins with / and holds no blanks")
FORM_KEY = Rule(re.compile(r"[A-Za-z0-9_.\[\]-]{1,128}"), "a form field's name")
UNIX_USER = Rule(re.compile(r"[a-z_][a-z0-9_-]{0,31}"), "a user's name on the app servers")


def is_ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
