"""What the two verbs of Terraform share: the JSON from a file or standard input, and where the group stands."""

import argparse
import sys
from pathlib import Path

from farshore.cli.managed_only import refuse_self_run
from farshore.provision.terraform.document import Document, read_document
from farshore.provision.terraform.standing import Standing, look
from farshore.settings.load import load_settings
from farshore.settings.problem import BadSettings
from farshore.wiring.store import open_store
from farshore.wiring.world import open_cloud

BYTES_MAX = 256_000_000


def read_source(named: str) -> Document:
    name = "standard input" if named == "-" else named
    try:
        if named == "-":
            content = sys.stdin.buffer.read(BYTES_MAX + 1)
        else:
            with Path(named).open("rb") as file:
                content = file.read(BYTES_MAX + 1)
        if len(content) > BYTES_MAX:
            raise BadSettings(f"{name}: is larger than {BYTES_MAX} bytes, and so is no answer of `show -json`.")
        return read_document(content.decode("utf-8-sig"), name)
    except UnicodeDecodeError:
        raise BadSettings(f"{name}: is not UTF-8; `terraform show -json PLAN` makes a binary plan readable.") from None
    except OSError as error:
        raise BadSettings(f"{name}: cannot be read ({error.strerror}); name a file that is, or - for a pipe.") from None


async def stand(args: argparse.Namespace) -> Standing:
    settings = load_settings(args.config)
    refuse_self_run(settings, "farshore terraform")
    if not settings.state_file.exists():
        raise BadSettings(
            f"{settings.state_file}: there is no store of record here; run this where the controller runs, "
            "or correct state_file."
        )
    with open_cloud(settings) as cloud:
        return await look(open_store(settings), cloud, settings.group)
