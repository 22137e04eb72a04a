"""farshore.yaml -> Settings. The one place that knows which keys exist."""

from pathlib import Path

from farshore.model.group import Fences, Group, Mode, Place
from farshore.model.region import RegionName
from farshore.settings import names
from farshore.settings.document import load_document
from farshore.settings.read_parts import read_agents, read_controller, read_notify, read_probe, read_provider
from farshore.settings.read_permit import read_permit
from farshore.settings.read_store import read_store
from farshore.settings.read_thresholds import read_thresholds
from farshore.settings.section import Section
from farshore.settings.settings import Settings

DEFAULT_FILE = Path("farshore.yaml")


def load_settings(file: Path) -> Settings:
    """Raises BadSettings for the first thing that is wrong; reads no secret and asks nobody."""
    file = file.absolute()
    top = Section(file, "", load_document(file))
    group = _read_group(top)
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
    )
    dns.finish()
    top.finish()
    return settings


def _read_group(top: Section) -> Group:
    name = top.text("group", names.GROUP)
    engine = top.choice("engine", ("mysql", "pg"))
    mode = Mode(top.choice("mode", tuple(Mode), Mode.AUTO))
    allow_unfenced = top.flag("allow_unfenced", False)
    regions = top.section("regions")
    first = _read_place(regions.section("first"))
    second_section = regions.section("second")
    second = _read_place(second_section)
    regions.finish()
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
    return Group(
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
        fences=_read_fences(top.section("fence")),
    )


def _read_fences(section: Section) -> Fences:
    fences = Fences(network=section.flag("network", False), hosts=section.flag("hosts", False))
    section.finish()
    return fences


def _read_failback(section: Section) -> float | None:
    by_itself = section.flag("auto", False)
    after_s = section.number("stable_s", 3600.0, 60, 604800)
    section.finish()
    return after_s if by_itself else None


def _read_place(section: Section) -> Place:
    place = Place(
        region=RegionName(section.text("region", names.REGION)),
        load_balancer=section.text("load_balancer", names.BALANCER),
        database=section.text("database", names.DATABASE),
        app_tag=section.text("app_tag", names.TAG),
        agent_port=section.integer("agent_port", 9470, 1, 65535),
    )
    section.finish()
    return place


def _read_dns_servers(section: Section) -> tuple[str, ...]:
    servers = section.texts("servers")
    for server in servers:
        if not names.is_ip_address(server):
            raise section.refuse("servers", f"holds {server!r}; write IP addresses of the zone's own name servers.")
    return servers
