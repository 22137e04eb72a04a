"""All routes, one module per resource; literal paths before parameters, so that `options` is not a cluster."""

from tidepool.api.routes import (
    account,
    balancers,
    catalogue,
    certificates,
    database_contents,
    database_settings,
    databases,
    domains,
    droplet_actions,
    droplets,
    keys,
    peerings,
    records,
    replicas,
    tags,
    vpcs,
)
from tidepool.api.routing import Route

MODULES = (
    account, balancers, catalogue, certificates, database_contents, database_settings, databases, domains,
    droplet_actions, droplets, keys, peerings, records, replicas, tags, vpcs,
)  # fmt: skip

ROUTES: list[Route] = sorted(
    (route for module in MODULES for route in module.table.routes), key=lambda r: r.path.count("{")
)
