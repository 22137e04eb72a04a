"""One entry of `stores`."""

from farshore.model.group import Request, Store
from farshore.model.order_journal import JournalPolicy, JournalTerms
from farshore.settings import names
from farshore.settings.section import Section

TTL_S_MIN = 30  # DigitalOcean refuses a smaller one


def read_store(section: Section) -> Store:
    domain = section.text("domain", names.DOMAIN)
    zone = section.text("zone", names.DOMAIN)
    if domain != zone and not domain.endswith("." + zone):
        raise section.refuse(
            "zone", f"is {zone}, which does not hold {domain}; write the domain that your account manages."
        )
    ttl_s = section.integer("ttl_s", TTL_S_MIN, 1, 86400)
    if ttl_s < TTL_S_MIN:
        raise section.refuse(
            "ttl_s", f"is {ttl_s}, but DigitalOcean accepts no less than {TTL_S_MIN}; write {TTL_S_MIN}."
        )
    store = Store(
        name=section.text("name", names.STORE),
        domain=domain,
        zone=zone,
        ttl_s=ttl_s,
        browse=_read_request(section.section("browse"), Request("/")),
        buy=_read_request(section.section("buy"), Request("/healthz/deep")),
        verify=_read_request(section.section("verify"), None) if section.has("verify") else None,
        database=section.text("database", names.SQL_NAME, "shop"),
        app_user=section.text("app_user", names.SQL_NAME, "shop"),
        id_counters=_read_counters(section),
        guarded_tables=_read_tables(section),
        checkout_max_s=section.number("checkout_max_s", 10.0, 0.1, 600),
        journal=_read_journal(section.section("journal")),
    )
    section.section("verify")  # known, though absent
    section.section("payments")  # read by `read_payments`: only reconciliation needs it
    section.finish()
    return store


def _read_request(section: Section, default: Request | None) -> Request:
    method = section.choice("method", ("GET", "POST"), "GET")
    form = section.pairs("form", names.FORM_KEY)
    if form and method != "POST":
        raise section.refuse("form", "is sent only by POST; write `method: POST` beside it.")
    request = Request(
        path=section.text("path", names.PATH, default.path if default else None),
        method=method,
        form=form,
        expect=section.free_text("expect"),
    )
    section.finish()
    return request


def _read_journal(section: Section) -> JournalTerms:
    usual = JournalTerms()
    terms = JournalTerms(
        policy=JournalPolicy(section.choice("policy", tuple(JournalPolicy), usual.policy)),
        timeout_ms=section.integer("timeout_ms", usual.timeout_ms, 100, 5000),
        keep_days=section.integer("keep_days", usual.keep_days, 1, 3650),
        max_mb=section.integer("max_mb", usual.max_mb, 16, 1048576),
    )
    section.finish()
    return terms


def _read_counters(section: Section) -> tuple[str, ...]:
    counters = section.texts("id_counters")
    for counter in counters:
        if not names.COUNTER.allows(counter):
            raise section.refuse("id_counters", f"holds {counter!r}; each must be {names.COUNTER.words}.")
    return counters


def _read_tables(section: Section) -> tuple[str, ...]:
    tables = section.texts("guarded_tables")
    for table in tables:
        if not names.SQL_NAME.allows(table):
            raise section.refuse("guarded_tables", f"holds {table!r}; each must be {names.SQL_NAME.words}.")
    return tables
