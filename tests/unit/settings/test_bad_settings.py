"""Each bad input is refused with exactly one sentence that names file, line, key and remedy."""

# ruff: noqa: E501 - a sentence is compared whole, on one line
from pathlib import Path

import pytest

from farshore.settings.load import load_settings
from farshore.settings.problem import BadSettings

GOOD = """\
group: shop
engine: mysql
regions:
  first:
    region: nyc3
    load_balancer: lb-nyc3
    database: db-nyc3
    app_tag: shop-nyc3
  second:
    region: sfo3
    load_balancer: lb-sfo3
    database: db-sfo3
    app_tag: shop-sfo3
stores:
  - name: shop
    domain: shop.example.com
    zone: example.com
"""

# (what is replaced in GOOD, by what, the sentence after "FILE, "); an empty first part appends the second.
CASES = [
    (
        "group: shop\n",
        "",
        "line 1: group is missing. It must be a small letter, then small letters, digits and dashes (40 at most).",
    ),
    (
        "group: shop",
        "group: 'Shop; rm'",
        "line 1: group is 'Shop; rm'; it must be a small letter, then small letters, digits and dashes (40 at most).",
    ),
    ("engine: mysql", "engine: postgres", "line 2: engine is 'postgres'; write mysql or pg."),
    ("engine: mysql", "engine: mysqll", "line 2: engine is 'mysqll'; write mysql."),
    (
        "engine: mysql",
        "engine: [mysql]",
        "line 2: engine must be a single value; write it on the same line as its key.",
    ),
    ("", "mod: auto\n", "line 18: mod is not a setting; did you mean mode?"),
    ("", "mode: sometimes\n", "line 18: mode is 'sometimes'; write auto or approve or manual."),
    ("", "allow_unfenced: yes\n", "line 18: allow_unfenced is 'yes'; write true or false."),
    (
        "    zone: example.com",
        "    zone: example.com\n    journal: {policy: on}",
        "line 18: stores[0].journal.policy is 'on'; write open.",
    ),
    (
        "    zone: example.com",
        "    zone: example.com\n    journal: {timeout_ms: 5}",
        "line 18: stores[0].journal.timeout_ms is '5'; write a number from 100 to 5000.",
    ),
    ("", "fence: {network: yes}\n", "line 18: fence.network is 'yes'; write true or false."),
    ("", "fence: {host: true}\n", "line 18: fence.host is not a setting; did you mean hosts?"),
    ("", "group: other\n", "line 18: `group` is written twice (also on line 1); keep one."),
    (
        "region: sfo3",
        "region: nyc3",
        "line 10: regions.second.region is nyc3, as the first is; a standby must be in another region.",
    ),
    (
        "region: sfo3",
        "region: NewYork",
        "line 10: regions.second.region is 'NewYork'; it must be a region slug such as nyc3.",
    ),
    (
        "database: db-sfo3",
        "database: db-nyc3",
        "line 12: regions.second.database is db-nyc3, as in the first region; each region needs its own.",
    ),
    (
        "database: db-sfo3",
        "database: db_sfo3",
        "line 12: regions.second.database is 'db_sfo3'; it must be a managed database's name: 3 to 63 small letters, digits and dashes, a letter first.",
    ),
    (
        "app_tag: shop-sfo3",
        "app_tag: 'a b'",
        "line 13: regions.second.app_tag is 'a b'; it must be a tag: letters, digits, dashes, underscores and colons.",
    ),
    (
        "app_tag: shop-sfo3",
        "apptag: x",
        "line 10: regions.second.app_tag is missing. It must be a tag: letters, digits, dashes, underscores and colons.",
    ),
    (
        "domain: shop.example.com",
        "domain: https://shop.example.com",
        "line 16: stores[0].domain is 'https://shop.example.com'; it must be a public host name in small letters, such as shop.example.com (no https://, no final dot).",
    ),
    (
        "domain: shop.example.com",
        "domain: shop.example.com.",
        "line 16: stores[0].domain is 'shop.example.com.'; it must be a public host name in small letters, such as shop.example.com (no https://, no final dot).",
    ),
    (
        "zone: example.com",
        "zone: example.org",
        "line 17: stores[0].zone is example.org, which does not hold shop.example.com; write the domain that your account manages.",
    ),
    ("", "    ttl_s: 5\n", "line 18: stores[0].ttl_s is 5, but DigitalOcean accepts no less than 30; write 30."),
    ("", "    ttl_s: soon\n", "line 18: stores[0].ttl_s is 'soon'; write a number from 1 to 86400."),
    ("", "    ttl_s: 30.5\n", "line 18: stores[0].ttl_s is 30.5; write a whole number from 1 to 86400."),
    ("", "    ttl_s: .nan\n", "line 18: stores[0].ttl_s is '.nan'; write a number from 1 to 86400."),
    (
        "",
        '    app_user: "shop\'; DROP"\n',
        'line 18: stores[0].app_user is "shop\'; DROP"; it must be a plain SQL name: letters, digits and underscores.',
    ),
    (
        "",
        "    id_counters: [counters]\n",
        "line 18: stores[0].id_counters holds 'counters'; each must be table.column, such as counters.value.",
    ),
    (
        "",
        "    id_counters: counters.value\n",
        "line 18: stores[0].id_counters must be a list; begin each entry with a dash.",
    ),
    (
        "",
        "    browse: {path: shop}\n",
        "line 18: stores[0].browse.path is 'shop'; it must be a path that begins with / and holds no blanks.",
    ),
    (
        "",
        "    verify: {method: POST}\n",
        "line 18: stores[0].verify.path is missing. It must be a path that begins with / and holds no blanks.",
    ),
    (
        "",
        "    verify: {path: /c, form: {a: b}}\n",
        "line 18: stores[0].verify.form is sent only by POST; write `method: POST` beside it.",
    ),
    (
        "",
        "thresholds: {timeout_s: 0.5}\n",
        "line 18: thresholds.timeout_s is 0.5, so one lost packet would look like an outage; write 1.2 or more.",
    ),
    (
        "",
        "thresholds: {interval_s: 3, fresh_s: 4}\n",
        "line 18: thresholds.fresh_s is 4, less than interval_s + timeout_s, so every slow look would be thrown away; write 4.2 or more.",
    ),
    (
        "",
        "thresholds: {interval_s: 2.5, lease_ttl_s: 3}\n",
        "line 18: thresholds.lease_ttl_s is 3, less than two intervals, so leadership would flap; write 5 or more.",
    ),
    (
        "",
        "permit: {profile: fast}\n",
        "line 18: permit.profile is fast, which admits a checkout with 1.5 s left, but one of shop may take 10 s, payment included (checkout_max_s): it would be refused in its middle. Write a calmer profile, or measure the checkout and correct checkout_max_s.",
    ),
    (
        "",
        "permit: {wait_s: 18}\n",
        "line 18: permit.wait_s is 18, but permits given before may take orders for 18.03 s ((1+drift)(d_s/(1-drift) + commit_s + step_s)): two regions could sell at once. Write that or more.",
    ),
    (
        "",
        "permit: {renew_s: 5}\n",
        "line 18: permit.renew_s is 5, so a healthy shop would close after less than 3 renewals that failed; write 3.75 or less, or a longer d_s.",
    ),
    (
        "",
        "permit: {soft_s: 14}\n",
        "line 18: permit.soft_s is 14, but just before a renewal only 13 s are left, so no checkout would be admitted; write less.",
    ),
    (
        "",
        "permit: {commit_s: 11}\n",
        "line 18: permit.commit_s is 11, longer than soft_s (10); write less, or more soft_s.",
    ),
    ("", "permit: {gate: triger}\n", "line 18: permit.gate is 'triger'; write trigger."),
    (
        "",
        "controller: {address: farshore.example.com}\n",
        "line 18: controller.address is 'farshore.example.com'; write the IP address at which app servers reach it.",
    ),
    (
        "",
        "    guarded_tables: [a-b]\n",
        "line 18: stores[0].guarded_tables holds 'a-b'; each must be a plain SQL name: letters, digits and underscores.",
    ),
    ("", "thresholds: {down_aftr: 3}\n", "line 18: thresholds.down_aftr is not a setting; did you mean down_after?"),
    ("", "thresholds: 3\n", "line 18: thresholds must be a section of `key: value` lines, indented below it."),
    (
        "",
        "provider: {token: dop_v1_x}\n",
        "line 18: provider.token may not be written here; set FARSHORE_TOKEN, or use token_file (mode 0600).",
    ),
    (
        "",
        "provider: {endpoint: http://api.example.com}\n",
        "line 18: provider.endpoint is 'http://api.example.com'; write https:// and a host, such as https://api.digitalocean.com.",
    ),
    (
        "",
        "provider: {endpoint: 'https://a:b@c.example'}\n",
        "line 18: provider.endpoint holds 'https://a:b@c.example', which is no web address; write one such as https://api.example.com.",
    ),
    (
        "",
        "controller: {place: nyc3}\n",
        "line 18: controller.place is nyc3, a region of the store, and would go down with it; run the controller elsewhere.",
    ),
    (
        "",
        "probe: {references: [ftp://example.com]}\n",
        "line 18: probe.references holds 'ftp://example.com'; write web addresses such as https://www.example.org/.",
    ),
    (
        "",
        "notify: {webhook: https://x.example}\n",
        "line 18: notify.webhook may not be written here, since its URL is a secret; use webhook_file (mode 0600).",
    ),
    (
        "",
        "dns: {servers: [ns1.example.com]}\n",
        "line 18: dns.servers holds 'ns1.example.com'; write IP addresses of the zone's own name servers.",
    ),
    ("", "dns: {servers: ['']}\n", "line 18: dns.servers[0] must be a word; write one, or remove the dash."),
    (
        "",
        "agents: {ssh_user: 'root -o x'}\n",
        "line 18: agents.ssh_user is 'root -o x'; it must be a user's name on the app servers.",
    ),
    (
        "stores:\n  - name: shop\n    domain: shop.example.com\n    zone: example.com\n",
        "",
        "line 1: stores is missing. Write at least one entry that begins with a dash.",
    ),
    (
        "stores:\n",
        "stores:\n  - name: shop\n    domain: b.example.com\n    zone: example.com\n",
        "line 18: stores[1].name is shop, which another store has already; give each store its own.",
    ),
    (
        "stores:\n  - name: shop",
        "stores:\n  - shop\n  - name: shop",
        "line 15: stores[0] must be `key: value` lines after a dash.",
    ),
    ("group: shop", "group: &a shop", "line 1: anchors and aliases (& and *) are not read; write the value out."),
    (
        "group: shop",
        "group: !!python/name:os.system x",
        "line 1: the tag tag:yaml.org,2002:python/name:os.system is not read; write a plain value.",
    ),
    ("group: shop", "? [a]\n: shop", "line 1: a key must be a word; write it as the template shows."),
]


def _load(tmp_path: Path, text: str) -> str:
    file = tmp_path / "farshore.yaml"
    file.write_text(text)
    with pytest.raises(BadSettings) as caught:
        load_settings(file)
    return str(caught.value).replace(str(file), "FILE")


def test_the_good_one_is_good(tmp_path: Path) -> None:
    """Otherwise every case below could fail for a reason of its own."""
    file = tmp_path / "farshore.yaml"
    file.write_text(GOOD)
    assert load_settings(file).group.name == "shop"


@pytest.mark.parametrize(("old", "new", "sentence"), CASES, ids=[case[2][:60] for case in CASES])
def test_each_mistake_has_its_sentence(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    """Exact text: a message that drifts is noticed here."""
    assert old in GOOD
    text = GOOD.replace(old, new, 1) if old else GOOD + new
    assert _load(tmp_path, text) == "FILE, " + sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "FILE: is empty; remove it and run `farshore init` to write one."),
        ("- a\n", "FILE, line 1: the file must be `key: value` lines; write it as the template shows."),
        (
            "a: [\n",
            "FILE, line 2: this is not YAML (expected the node content, but found '<stream end>'); check the indentation, quotes and colons there.",
        ),
        (
            "a: \0\n",
            "FILE: this is not YAML (it holds characters that YAML does not allow); check the indentation, quotes and colons there.",
        ),
        ("[" * 5000, "FILE: is nested too deeply; write it as the template shows."),
    ],
)
def test_what_is_no_settings_file(tmp_path: Path, text: str, sentence: str) -> None:
    """Broken files are refused by the same kind of sentence."""
    assert _load(tmp_path, text) == sentence


def test_missing_binary_and_unreadable_files(tmp_path: Path) -> None:
    """The three ways not to get at text."""
    file = tmp_path / "farshore.yaml"
    with pytest.raises(BadSettings, match="there is no such file; run `farshore init`"):
        load_settings(file)
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadSettings, match=r"is not UTF-8 text; save it as UTF-8\."):
        load_settings(file)
    with pytest.raises(BadSettings, match=r"cannot be read \(Is a directory\)"):
        load_settings(tmp_path)
