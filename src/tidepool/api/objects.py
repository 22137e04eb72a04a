"""Objects that know more than the API shows. The others are plain JSON objects in a Store."""

from dataclasses import dataclass, field

from tidepool.api.backend import Json


@dataclass
class Certificate:
    json: Json
    chain_pem: str = ""
    key_pem: str = ""


@dataclass
class Domain:
    name: str
    records: dict[int, Json] = field(default_factory=dict)


@dataclass
class Database:
    """A database server: a cluster, or the replica `parent` has. `json` is shown; promotion keeps it."""

    id: str
    name: str
    engine: str
    json: Json
    users: dict[str, Json] = field(default_factory=dict)
    dbs: list[str] = field(default_factory=list)
    config: Json = field(default_factory=dict)
    rules: list[Json] = field(default_factory=list)
    events: list[Json] = field(default_factory=list)
    backups: list[Json] = field(default_factory=list)
    sql_mode: str = ""
    parent: str | None = None
    visible: bool = True  # a replica is a 404 until it is nearly ready; what is being deleted is one at once
    doomed: bool = False  # deleted, but its server is not gone yet: the name is still taken
    promoting: bool = False
    ca_pem: str = ""

    @property
    def is_replica(self) -> bool:
        return self.parent is not None
