"""VPC networks and their peering."""

from api_serving import Serving

EAST = {"name": "east", "region": "nyc3", "ip_range": "10.10.0.0/16"}


def test_ranges_may_not_overlap(api: Serving) -> None:
    api.ok("POST", "/v2/vpcs", EAST)
    for change in (
        {"name": "west", "ip_range": "10.10.1.0/24"},
        {"name": "west", "ip_range": "8.8.0.0/16"},
        {"name": "west", "ip_range": "10.0.0.0/8"},
        {"name": "west", "ip_range": "nonsense"},
        {"name": "east", "ip_range": "10.20.0.0/16"},
    ):
        assert api.ask("POST", "/v2/vpcs", {**EAST, **change}).status_code == 422, change
    made = api.ok("POST", "/v2/vpcs", {"name": "auto", "region": "sfo3"})["vpc"]
    assert made["ip_range"].endswith("/20")
    assert made["default"] is True


def test_the_first_of_a_region_is_its_default(api: Serving) -> None:
    first = api.ok("POST", "/v2/vpcs", EAST)["vpc"]
    second = api.ok("POST", "/v2/vpcs", {**EAST, "name": "east2", "ip_range": "10.11.0.0/16"})["vpc"]
    assert (first["default"], second["default"]) == (True, False)
    assert api.droplet()["vpc_uuid"] == first["id"]
    assert api.ask("PATCH", f"/v2/vpcs/{first['id']}", {"default": False}).status_code == 422
    api.ok("PATCH", f"/v2/vpcs/{second['id']}", {"default": True})
    assert api.ok("GET", f"/v2/vpcs/{first['id']}")["vpc"]["default"] is False
    assert api.ask("DELETE", f"/v2/vpcs/{second['id']}").status_code == 403, "a default stays while others exist"


def test_a_vpc_with_members_stays(api: Serving) -> None:
    vpc = api.ok("POST", "/v2/vpcs", EAST)["vpc"]
    droplet = api.droplet(vpc_uuid=vpc["id"])
    cluster = api.cluster(private_network_uuid=vpc["id"])
    path = f"/v2/vpcs/{vpc['id']}"
    urns = [member["urn"] for member in api.ok("GET", f"{path}/members")["members"]]
    assert urns == [f"do:droplet:{droplet['id']}", f"do:dbaas:{cluster['id']}"]
    assert len(api.ok("GET", f"{path}/members?resource_type=droplet")["members"]) == 1
    assert api.ask("DELETE", path).status_code == 403
    api.ok("DELETE", f"/v2/droplets/{droplet['id']}")
    api.ok("DELETE", f"/v2/databases/{cluster['id']}")
    assert api.ask("DELETE", path).status_code == 204


def test_peering_provisions_and_goes(api: Serving) -> None:
    ids = [api.ok("POST", "/v2/vpcs", {"name": region, "region": region})["vpc"]["id"] for region in ("nyc3", "sfo3")]
    made = api.ok("POST", "/v2/vpc_peerings", {"name": "p", "vpc_ids": ids})["vpc_peering"]
    assert made["status"] == "PROVISIONING"
    path = f"/v2/vpc_peerings/{made['id']}"
    api.until(path, lambda r: r.json()["vpc_peering"]["status"] == "ACTIVE")
    assert api.ask("POST", "/v2/vpc_peerings", {"name": "q", "vpc_ids": ids}).status_code == 422
    assert api.ask("POST", "/v2/vpc_peerings", {"name": "q", "vpc_ids": ids[:1]}).status_code == 422
    assert len(api.ok("GET", f"/v2/vpcs/{ids[0]}/peerings")["peerings"]) == 1
    gone = api.ask("DELETE", path)
    assert (gone.status_code, gone.json()["vpc_peering"]["status"]) == (202, "DELETING")
    api.until(path, lambda r: r.status_code == 404)
