"""farshore.yaml -> Settings. The one place that knows which keys exist."""

from pathlib import Path

from farshore.model.group import Fences, Group, Mode, Place
from farshore.model.region import RegionName
from farshore.settings import names
from farshore.settings.document import load_document
from farshore.settings.read_parts import read_agents, read_controller, read_notify, read_probe, read_provider
from farshore.settings.read_payments import read_payments
from farshore.settings.read_permit import read_permit
from farshore.settings.read_self_run import read_self_run
from farshore.settings.read_store import read_store
from farshore.settings.read_thresholds import read_thresholds
from farshore.settings.section import Section, holds_section
from farshore.settings.settings import SelfRun, Settings

DEFAULT_FILE = Path("farshore.yaml")


def load_settings(file: Path) -> Settings:
    """Raises BadSettings for the first thing that is wrong; reads no secret and asks nobody."""
    file = file.absolute()
    top = Section(file, "", load_document(file))
    group, self_run = _read_group(top)
    dns = top.section("dns")
    settings = Settings(
        file=file,
        group=group,
        provider=read_provider(top.section("provider")),
        controller=read_controller(top.section("controller"), group),
        agents=read_agents(top.section("agents"), file.parent),
        probe=read_probe(top.section("probe")),
        notify=read_notify(top.section("notify")),
        state_file=top.file_path("state_file") or file.parent / "farshore.db",
        dns_servers=_read_dns_servers(dns),
        dns_port=dns.integer("port", 53, 1, 65535),
        self_run=self_run,
        payments=read_payments(top),
    )
    dns.finish()
    top.finish()
    return settings


def _read_group(top: Section) -> tuple[Group, tuple[SelfRun, ...]]:
    name = top.text("group", names.GROUP)
    engine = top.choice("engine", ("mysql", "pg"))
    mode = Mode(top.choice("mode", tuple(Mode), Mode.AUTO))
    allow_unfenced = top.flag("allow_unfenced", False)
    regions = top.section("regions")
    first, first_own = _read_place(regions.section("first"), engine)
    second_section = regions.section("second")
    second, second_own = _read_place(second_section, engine)
    regions.finish()
    if (first_own is None) != (second_own is None):
        raise second_section.refuse(
            "database", "is of another kind than the first region's; both are managed, or both are self-run."
        )
    if first.region == second.region:
        raise second_section.refuse(
            "region", f"is {second.region}, as the first is; a standby must be in another region."
        )
    for key, mine, other in (
        ("load_balancer", second.load_balancer, first.load_balancer),
        ("database", second.database, first.database),
        ("app_tag", second.app_tag, first.app_tag),
    ):
        if mine == other:
            raise second_section.refuse(key, f"is {mine}, as in the first region; each region needs its own.")
    seen: dict[str, str] = {}
    stores = []
    for section in top.sections("stores"):
        store = read_store(section)
        for key, value in (("name", store.name), ("domain", store.domain)):
            if value in seen:
                raise section.refuse(key, f"is {value}, which another store has already; give each store its own.")
            seen[value] = key
        stores.append(store)
    thresholds = read_thresholds(top.section("thresholds"))
    permit = read_permit(top.section("permit"), tuple(stores))
    self_run = tuple(own for own in (first_own, second_own) if own is not None)
    fences = _read_fences(top.section("fence"), managed=not self_run)
    group = Group(
        name,
        engine,
        tuple(stores),
        first,
        second,
        mode,
        thresholds,
        allow_unfenced,
        permit,
        failback_after_s=_read_failback(top.section("failback")),
        fences=fences,
    )
    return group, self_run


def _read_fences(section: Section, managed: bool) -> Fences:
    fences = Fences(network=section.flag("network", False), hosts=section.flag("hosts", False))
    if fences.network and not managed:
        raise section.refuse("network", "is true, but self-run databases have no trusted sources; write false.")
    section.finish()
    return fences


def _read_failback(section: Section) -> float | None:
    by_itself = section.flag("auto", False)
    after_s = section.number("stable_s", 3600.0, 60, 604800)
    section.finish()
    return after_s if by_itself else None


def _read_place(section: Section, engine: str) -> tuple[Place, SelfRun | None]:
    region = RegionName(section.text("region", names.REGION))
    own = None
    if holds_section(section, "database"):
        own = read_self_run(section.section("database"), engine, region)
    place = Place(
        region=region,
        load_balancer=section.text("load_balancer", names.BALANCER),
        database=own.host if own is not None else section.text("database", names.DATABASE),
        app_tag=section.text("app_tag", names.TAG),
        agent_port=section.integer("agent_port", 9470, 1, 65535),
    )
    section.finish()
    return place, own


def _read_dns_servers(section: Section) -> tuple[str, ...]:
    servers = section.texts("servers")
    for server in servers:
        if not names.is_ip_address(server):
            raise section.refuse("servers", f"holds {server!r}; write IP addresses of the zone's own name servers.")
    return servers
