"""A group as Terraform wrote it on the first day, the account after a failover, plans: as `show -json` prints them."""

import copy
import json
from typing import Any

from farshore.model.grant import Grant
from farshore.model.group import Group, Place, Store
from farshore.model.region import Epoch, RegionName
from farshore.ports.cloud import Balancer, DatabaseServer, Host
from farshore.provision.terraform.document import Document, read_document
from farshore.provision.terraform.standing import Side, Standing

Json = dict[str, Any]
NYC3, SFO3 = RegionName("nyc3"), RegionName("sfo3")
A = "9cc10173-e9ea-4176-9dbc-a4cee4c4ff30"  # the first day's cluster, in nyc3
B = "b1f2d0c4-54ad-4d70-8d1b-5d1f4ed80101"  # its replica in sfo3, promoted later under the same id
C = "c77a6a3e-0a5e-4c7b-93f6-37d0a5f0c202"  # the replica that was rebuilt in nyc3
D = "d2480a5b-6d3d-4ad1-8a92-9f5b0be9d303"  # the replica that was rebuilt in sfo3 after failback
PASSWORD = "AVNS_never-printed"
LB = {NYC3: ("lb-1", "192.0.2.10"), SFO3: ("lb-2", "198.51.100.10")}
VPC = {NYC3: "5a4981aa-9653-4bd1-bef5-d6bff52042e4", SFO3: "e0fe0f4d-596a-465e-a902-571ce57b79fa"}
DROPLET = {NYC3: 101, SFO3: 202}


def group(engine: str = "mysql") -> Group:
    def place(region: RegionName) -> Place:
        return Place(region, f"shop-{region}", f"shop-{region}", f"web-{region}")

    return Group("shop", engine, (Store("shop", "shop.example.com", "example.com"),), place(NYC3), place(SFO3))


def server(engine: str, identity: str, region: RegionName, replica_of: str | None = None) -> DatabaseServer:
    return DatabaseServer(
        identity, f"shop-{region}", engine, region, "online", "h", "p", 25060, "doadmin", PASSWORD, "defaultdb",
        replica_of, "db-s-2vcpu-4gb", 61440, VPC[region],
    )  # fmt: skip


def standing(
    writer: RegionName = SFO3,
    writer_id: str = B,
    standby_id: str | None = A,
    follows: bool = False,
    engine: str = "mysql",
) -> Standing:
    """By default: after a failover, the old cluster alive as a fenced fork."""
    group_ = group(engine)
    standby = group_.other(writer).region

    def side(region: RegionName, database: DatabaseServer | None) -> Side:
        host = Host(DROPLET[region], "web-1", region, "active", "192.0.2.7", "10.10.0.7", (f"web-{region}",))
        return Side(
            group_.place(region), database, Balancer(LB[region][0], f"shop-{region}", region, "active", LB[region][1]),
            (host,),
        )  # fmt: skip

    old = server(engine, standby_id, standby, writer_id if follows else None) if standby_id else None
    return Standing(
        group_, Grant(Epoch(2), writer), side(writer, server(engine, writer_id, writer)), side(standby, old)
    )


def resource(
    address: str, values: Json, module: str = "", index: str | int | None = None, secret: Json | None = None
) -> Json:
    type_, _, name = address.partition(".")
    key = "" if index is None else f"[{json.dumps(index)}]"
    body = {
        "address": ".".join(filter(None, (module, address))) + key,
        "mode": "managed",
        "type": type_,
        "name": name,
        "provider_name": "registry.terraform.io/digitalocean/digitalocean",
        "schema_version": 1,
        "values": values,
        "sensitive_values": secret or {},
    }
    return body if index is None else body | {"index": index}


def cluster(name: str, identity: str, region: RegionName, engine: str = "mysql", **where: Any) -> Json:
    values = {
        "id": identity, "name": f"shop-{region}", "engine": engine, "version": "8" if engine == "mysql" else "16",
        "size": "db-s-2vcpu-4gb", "region": str(region), "node_count": 1, "private_network_uuid": VPC[region],
        "password": PASSWORD, "uri": f"mysql://doadmin:{PASSWORD}@h", "tags": ["store"], "storage_size_mib": "61440",
    }  # fmt: skip
    return resource(f"digitalocean_database_cluster.{name}", values, secret={"password": True, "uri": True}, **where)


def replica(name: str, primary: str, identity: str, region: RegionName, **where: Any) -> Json:
    values = {
        "id": f"{primary}/replicas/shop-{region}", "uuid": identity, "cluster_id": primary, "name": f"shop-{region}",
        "region": str(region), "size": "db-s-2vcpu-4gb", "private_network_uuid": VPC[region], "password": PASSWORD,
        "tags": None,
    }  # fmt: skip
    return resource(f"digitalocean_database_replica.{name}", values, secret={"password": True}, **where)


def dependents(of: str, engine: str = "mysql", **where: Any) -> list[Json]:
    config = "mysql" if engine == "mysql" else "postgresql"
    found = [
        resource(
            "digitalocean_database_db.shop", {"id": f"{of}/database/shop", "cluster_id": of, "name": "shop"}, **where
        ),
        resource(
            "digitalocean_database_user.app",
            {"id": f"{of}/user/shop", "cluster_id": of, "name": "shop", "password": PASSWORD, "role": "normal"},
            secret={"password": True},
            **where,
        ),
        resource(
            "digitalocean_database_firewall.trusted",
            {"id": f"{of}-2026", "cluster_id": of, "rule": [{"type": "tag", "value": "web-nyc3", "uuid": "r1"}]},
            **where,
        ),
        resource(f"digitalocean_database_{config}_config.tuned", {"id": f"{of}/config", "cluster_id": of}, **where),
    ]
    if engine == "pg":
        pool = {
            "id": f"{of}/pool",
            "cluster_id": of,
            "name": "web",
            "db_name": "shop",
            "mode": "transaction",
            "size": 10,
        }
        found.append(resource("digitalocean_database_connection_pool.web", pool, **where))
    return found


def around() -> list[Json]:
    """Everything beside the databases, both regions."""
    found = [
        resource("digitalocean_domain.zone", {"id": "example.com", "name": "example.com"}),
        resource(
            "digitalocean_record.shop",
            {
                "id": "3352896", "domain": "example.com", "name": "shop", "type": "A", "ttl": 30,
                "value": LB[NYC3][1], "fqdn": "shop.example.com",
            },
        ),
    ]  # fmt: skip
    for region in (NYC3, SFO3):
        found += [
            resource(
                "digitalocean_vpc.net",
                {"id": VPC[region], "name": f"shop-{region}", "region": str(region)},
                index=str(region),
            ),
            resource(
                "digitalocean_droplet.web",
                {
                    "id": str(DROPLET[region]), "name": "web-1", "region": str(region), "size": "s-2vcpu-4gb",
                    "tags": [f"web-{region}"], "vpc_uuid": VPC[region], "user_data": PASSWORD,
                },
                index=str(region), secret={"user_data": True},
            ),
            resource("digitalocean_tag.web", {"id": f"web-{region}", "name": f"web-{region}"}, index=str(region)),
            resource(
                "digitalocean_certificate.tls",
                {"id": f"tls-{region}", "uuid": f"u-{region}", "name": f"tls-{region}"},
                index=str(region),
            ),
            resource(
                "digitalocean_loadbalancer.front",
                {
                    "id": LB[region][0], "name": f"shop-{region}", "region": str(region), "ip": LB[region][1],
                    "droplet_tag": f"web-{region}", "droplet_ids": [], "vpc_uuid": VPC[region],
                    "forwarding_rule": [{"entry_port": 443, "certificate_name": f"tls-{region}"}],
                },
                index=str(region),
            ),
            resource(
                "digitalocean_firewall.web",
                {
                    "id": f"fw-{region}", "name": f"web-{region}", "tags": [f"web-{region}"], "droplet_ids": [],
                    "inbound_rule": [{"protocol": "tcp", "port_range": "443"}],
                    "outbound_rule": [{"protocol": "tcp", "port_range": "1-65535"}],
                },
                index=str(region),
            ),
        ]  # fmt: skip
    return found


def first_day(engine: str = "mysql") -> list[Json]:
    """What Terraform knows, and will go on to believe after the failover."""
    return [cluster("primary", A, NYC3, engine), replica("standby", A, B, SFO3), *dependents(A, engine), *around()]


def state_json(resources: list[Json], modules: dict[str, list[Json]] | None = None) -> Json:
    root: Json = {"resources": copy.deepcopy(resources)}
    if modules:
        root["child_modules"] = [{"address": at, "resources": copy.deepcopy(found)} for at, found in modules.items()]
    return {"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": root}}


def state(resources: list[Json], modules: dict[str, list[Json]] | None = None) -> Document:
    return read_document(json.dumps(state_json(resources, modules)), "state.json")


def change(before: Json, actions: list[str], **more: Any) -> Json:
    """A change to a resource of the state; `after` defaults to what was, or nothing."""
    gone = actions == ["delete"]
    body = {key: value for key, value in before.items() if key in ("address", "mode", "type", "name", "index")}
    module = before["address"].rpartition(f"{before['type']}.")[0].rstrip(".")
    if module:
        body["module_address"] = module
    said: Json = {
        "actions": actions,
        "before": None if actions == ["create"] else before["values"],
        "after": None if gone else before["values"],
        "after_unknown": {},
        "before_sensitive": before["sensitive_values"],
        "after_sensitive": False if gone else before["sensitive_values"],
    }
    return body | {"change": said | more}


def plan_json(resources: list[Json], changes: list[Json], **more: Any) -> Json:
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {}},
        "prior_state": state_json(resources),
        "resource_changes": copy.deepcopy(changes),
        "complete": True,
        "errored": False,
        "applyable": True,
    } | more


def plan(resources: list[Json], changes: list[Json], **more: Any) -> Document:
    return read_document(json.dumps(plan_json(resources, changes, **more)), "plan.json")


def at(resources: list[Json], address: str) -> Json:
    return next(found for found in resources if found["address"] == address)
