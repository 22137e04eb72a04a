"""What a deployment says to the shop's plugin: its part of /etc/farshore/wordpress.json. The rest of that file stays.

The public key is no secret; the file may hold one (the token of the health check), so its mode and owner stay too.
"""

import json

from farshore.model.group import Group
from farshore.model.permit import Gate

PATH = "/etc/farshore/wordpress.json"
GROUP = "www-data"

# Runs on the app server with the standard library only. `word` says which stores there are; a file that names none of
# them is another program's or an older group's, and is left alone.
MERGE = """\
import grp, json, os, sys
word, path, group = json.load(open(sys.argv[1])), sys.argv[2], sys.argv[3]
try:
    was = open(path).read()
    value = json.loads(was)
except FileNotFoundError:
    was, value = None, {}
store = value.get("store", word["first"])
if store not in word["stores"] or (was is None and not word["create"]):
    sys.exit(0)
told = word["stores"][store]
new = {**word["new"], "store": store, **value, **told}
text = json.dumps(new, indent=2) + "\\n"
if new == value:
    sys.exit(0)
beside = path + ".new"
os.makedirs(os.path.dirname(path), exist_ok=True)
with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
    file.write(text)
    file.flush()
    os.fsync(file.fileno())
if was is not None:
    known = os.stat(path)
    os.chown(beside, known.st_uid, known.st_gid)
    os.chmod(beside, known.st_mode & 0o7777)
else:
    try:
        os.chown(beside, 0, grp.getgrnam(group).gr_gid)
    except KeyError:
        pass
    os.chmod(beside, 0o640)
os.rename(beside, path)
print("told the shop of its journal")
"""


def shop_word(group: Group, public_key: str | None) -> bytes:
    """`public_key` is None where no store keeps a journal: then the shops are told only that it is off."""
    stores = {}
    for store in group.stores:
        told: dict[str, object] = {"journal": store.journal.policy.value}
        if store.journal.on and public_key is not None:
            told |= {"journal_timeout_ms": store.journal.timeout_ms, "journal_public_key": public_key}
        stores[store.name] = told
    word = {
        "first": group.stores[0].name,
        "stores": stores,
        "create": any(store.journal.on for store in group.stores),
        "new": {"permit": group.permit.gate is not Gate.NONE},
    }
    return (json.dumps(word, indent=2) + "\n").encode()
