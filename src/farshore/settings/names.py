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
