"""What the provider's resources are called, and how each is imported (provider digitalocean 2.99.1).

A contract test compares with the provider's own schema.
"""

from farshore.provision.terraform.resource import Resource

CLUSTER = "digitalocean_database_cluster"
REPLICA = "digitalocean_database_replica"
FIREWALL = "digitalocean_database_firewall"
RECORD = "digitalocean_record"

# Of a cluster, by `cluster_id`, which forces replacement: type -> the argument that is its name on the cluster.
DEPENDENTS: dict[str, str] = {
    "digitalocean_database_db": "name",
    "digitalocean_database_user": "name",
    "digitalocean_database_connection_pool": "name",
    "digitalocean_database_mysql_config": "",
    "digitalocean_database_postgresql_config": "",
    FIREWALL: "",
}

# What a person writes into the new block: arguments whose difference would replace (or move, or resize) the object.
# node_count is asked for, and a promoted replica has one node.
CLUSTER_ARGUMENTS = ("name", "engine", "version", "size", "region", "node_count", "private_network_uuid")
REPLICA_ARGUMENTS = ("name", "cluster_id", "region", "size", "private_network_uuid")


def import_id(type_: str, cluster: str, name: str = "") -> str:
    """Of something that belongs to `cluster`; a cluster itself is imported by its id."""
    return f"{cluster},{name}" if name and type_ != CLUSTER else cluster


def named_on_cluster(resource: Resource) -> str | None:
    """Its name on the cluster; "" for what a cluster has one of; None when the name is not known."""
    argument = DEPENDENTS[resource.type]
    if not argument:
        return ""
    name = resource.text(argument)
    return name if name and "," not in name else None
