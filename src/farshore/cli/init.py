"""`farshore init`: asks little, writes farshore.yaml and the group's authority, and never overwrites anything."""

import argparse
import sys
from pathlib import Path

from farshore.cli.options import add_json
from farshore.cli.show import print_json
from farshore.model.order_journal import JournalPolicy
from farshore.model.permit import PROFILES, Gate
from farshore.provision.authority_files import make_missing
from farshore.settings import names
from farshore.settings.answers import USUAL_REFERENCES, Answers, PlaceAnswers, VerifyAnswers
from farshore.settings.load import load_settings
from farshore.settings.new_file import write_new
from farshore.settings.problem import BadSettings
from farshore.settings.settings import DIGITALOCEAN
from farshore.settings.template import render

EXAMPLES = """\
  farshore init
  farshore init --domain shop.example.com --first nyc3 --second sfo3 --engine mysql
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dir", type=Path, default=Path(), metavar="DIR", help="folder to write to (default: here)")
    parser.add_argument("--domain", help="the store's public host name, such as shop.example.com")
    parser.add_argument("--zone", help="domain in the account that holds the record (default: last two labels)")
    parser.add_argument("--group", help="name of the group (default: first label of the domain)")
    parser.add_argument("--engine", choices=("mysql", "pg"), help="database engine (default: mysql)")
    parser.add_argument("--mode", choices=("auto", "approve", "manual"), default="auto", help="(default: auto)")
    parser.add_argument("--allow-unfenced", action="store_true", help="promote although the old side is not fenced")
    for number in ("first", "second"):
        parser.add_argument(f"--{number}", metavar="REGION", help=f"slug of the {number} region")
        for what in ("balancer", "database", "tag"):
            parser.add_argument(f"--{number}-{what}", metavar="NAME", help="(default: GROUP-REGION)")
    order = parser.add_argument_group("an order from outside that proves a failover")
    order.add_argument("--verify-path", metavar="PATH", help="path to POST to, such as /checkout")
    order.add_argument("--verify-form", action="append", default=[], metavar="KEY=VALUE", help="{unique} is replaced")
    order.add_argument("--verify-expect", default="", metavar="TEXT", help="text that the answer must hold")
    parser.add_argument("--id-counter", action="append", default=[], metavar="TABLE.COLUMN", help="may be repeated")
    parser.add_argument("--guarded-table", action="append", default=[], metavar="TABLE", help="may be repeated")
    parser.add_argument("--checkout-max-s", type=float, metavar="S", help="longest checkout, payment included")
    parser.add_argument(
        "--profile", choices=tuple(PROFILES), default="default", help="of the permit (default: default)"
    )
    parser.add_argument(
        "--gate",
        choices=tuple(Gate),
        default=Gate.TRIGGER,
        help="what refuses orders without a permit (default: trigger)",
    )
    parser.add_argument(
        "--journal",
        choices=tuple(JournalPolicy),
        default=JournalPolicy.OFF,
        help="open: an order is taken although no journal answers; closed: it is not (default: off)",
    )
    parser.add_argument("--place", default="outside", help="where this controller stands (default: outside)")
    parser.add_argument("--endpoint", default=DIGITALOCEAN, metavar="URL", help="the provider's API")
    parser.add_argument("--ca-file", default="", metavar="FILE", help="authority of the provider's certificate")
    parser.add_argument("--token-file", default="", metavar="FILE", help="file of mode 0600 that holds the token")
    parser.add_argument("--probe-ca-file", default="", metavar="FILE", help="authority of the store's certificate")
    parser.add_argument("--reference", action="append", default=[], metavar="URL", help="may be repeated")
    parser.add_argument("--dns-server", action="append", default=[], metavar="IP", help="may be repeated")
    parser.add_argument("--ssh-user", default="root", help="user on the app servers (default: root)")
    parser.add_argument("--ssh-key-file", default="", metavar="FILE", help="key for `agents deploy`")
    parser.add_argument(
        "--authority",
        action="store_true",
        help="only what is missing of authority and certificates, for a farshore.yaml",
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    folder: Path = args.dir
    config = folder / "farshore.yaml"
    if args.authority:
        return _tell(args, config, made=make_missing(load_settings(config)))
    if config.exists():
        raise BadSettings(
            f"{config}: exists already and is left as it is; edit it, or choose another folder with --dir."
        )
    text = render(_answers(args))
    folder.mkdir(parents=True, exist_ok=True)
    write_new(config, text, 0o644)
    try:
        made = make_missing(load_settings(config))
    except BadSettings:
        config.unlink()  # nothing is left behind by a bad answer
        raise
    return _tell(args, config, made=[config, *made])


def _tell(args: argparse.Namespace, config: Path, made: list[Path]) -> int:
    if args.json:
        print_json({"config": str(config), "made": [str(path) for path in made]})
        return 0
    print(f"Wrote {', '.join(str(path) for path in made)}." if made else "Nothing was missing.")
    if config in made:
        print("Next: set FARSHORE_TOKEN, then `farshore check`; then `farshore agents deploy`, then `farshore watch`.")
    elif made:
        print("Next: `farshore agents deploy`, then start `farshore watch` again.")
    return 0


def _answers(args: argparse.Namespace) -> Answers:
    domain = args.domain or _ask("The store's public host name", "shop.example.com", "--domain")
    if not names.DOMAIN.allows(domain):
        raise BadSettings(f"--domain is {domain!r}; it must be {names.DOMAIN.words}.")
    group = args.group or domain.split(".")[0]
    first = args.first or _ask("Region that takes orders now", "nyc3", "--first")
    second = args.second or _ask("Region that stands by", "sfo3", "--second")
    return Answers(
        group=group,
        engine=args.engine or ("mysql" if not sys.stdin.isatty() else _ask("Engine, mysql or pg", "mysql", "--engine")),
        domain=domain,
        zone=args.zone or ".".join(domain.split(".")[-2:]),
        first=_place(args, "first", first, group),
        second=_place(args, "second", second, group),
        mode=args.mode,
        allow_unfenced=args.allow_unfenced,
        verify=_verify(args),
        id_counters=tuple(args.id_counter),
        guarded_tables=tuple(args.guarded_table),
        profile=args.profile,
        gate=args.gate,
        checkout_max_s=args.checkout_max_s,
        journal=str(args.journal),
        place=args.place,
        endpoint=args.endpoint.rstrip("/"),
        provider_ca_file=_absolute(args.ca_file),
        token_file=_absolute(args.token_file),
        probe_ca_file=_absolute(args.probe_ca_file),
        references=tuple(args.reference) or USUAL_REFERENCES,
        dns_servers=tuple(args.dns_server),
        ssh_user=args.ssh_user,
        ssh_key_file=_absolute(args.ssh_key_file),
    )


def _place(args: argparse.Namespace, number: str, region: str, group: str) -> PlaceAnswers:
    given = {what: getattr(args, f"{number}_{what}") for what in ("balancer", "database", "tag")}
    usual = f"{group}-{region}"
    return PlaceAnswers(region, given["balancer"] or usual, given["database"] or usual, given["tag"] or usual)


def _verify(args: argparse.Namespace) -> VerifyAnswers | None:
    if not args.verify_path:
        return None
    form = []
    for pair in args.verify_form:
        key, equals, value = pair.partition("=")
        if not equals or not names.FORM_KEY.allows(key):
            raise BadSettings(f"--verify-form is {pair!r}; write it as KEY=VALUE, such as email=probe@example.com.")
        form.append((key, value))
    return VerifyAnswers(args.verify_path, tuple(form), args.verify_expect)


def _absolute(path: str) -> str:
    """Files are named as seen from here, but settings are read as seen from the folder of farshore.yaml."""
    return str(Path(path).expanduser().absolute()) if path else ""


def _ask(question: str, example: str, flag: str) -> str:
    if not sys.stdin.isatty():
        raise BadSettings(f"There is nobody to ask here; say it with {flag}, such as {flag} {example}.")
    answer = input(f"{question} [{example}]: ").strip()
    return answer or example
