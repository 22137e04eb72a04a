"""`tidepool status`: hosts, what runs on them, links and faults."""

import argparse
import json

from tidepool.cli.options import add_json, add_name
from tidepool.lab.control import Answer, ask
from tidepool.lab.home import LabFolder


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verb = verbs.add_parser("status", help="hosts, what runs on them, links and faults")
    add_name(verb)
    add_json(verb)
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    status = ask(LabFolder.named(options.name), "status")
    print(json.dumps(status, indent=2) if options.json else _text(status))
    return 0


def _text(status: Answer) -> str:
    lines = []
    for host in sorted(status["hosts"], key=lambda host: (host["place"], host["name"])):
        services = " ".join(name if alive else f"{name}(dead)" for name, alive in host["services"].items())
        state = "up" if host["running"] else "DOWN"
        addresses = " ".join(filter(None, (host["public"], host["private"])))
        lines.append(f"{host['place']:<9} {host['name']:<28} {state:<5} {addresses:<28} {services}".rstrip())
    for name, way in status["links"].items():
        state = "CUT" if way["cut"] else f"{way['delay_ms']:.0f} ms"
        lines.append(f"link {name:<16} {state:<6} {way['carried']} packets carried, {way['swallowed']} swallowed")
    lines += [f"fault {fault['id']}: {fault['text']}" for fault in status.get("faults", [])]
    return "\n".join(lines)
