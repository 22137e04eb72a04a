"""Who this controller is towards agents: its files examined, and a remedy for what is wrong with them."""

from farshore.settings.problem import BadSettings
from farshore.settings.settings import Settings
from farshore.transport.identity import BadIdentity, Known, examine
from farshore.transport.message import CONTROLLER
from farshore.transport.tls import Identity


def identity_of(settings: Settings) -> tuple[Identity, Known]:
    """Raises BadSettings."""
    agents = settings.agents
    identity = Identity(agents.ca_file, agents.certificate_file, agents.key_file)
    try:
        known = examine(identity)
    except BadIdentity as error:
        raise BadSettings(f"{settings.file}: {error} {_REMEDY}") from None
    if known.caller.role != CONTROLLER:
        raise BadSettings(
            f"{agents.certificate_file}: is the certificate of {known.caller}, not of a controller; "
            f"correct agents.certificate_file in {settings.file}."
        )
    return identity, known


_REMEDY = (
    "Make what is missing with `farshore init --authority` (it overwrites nothing: move away what is wrong, and take "
    "agents.key_file out when it names the key of an earlier version), then run `farshore agents deploy`."
)
