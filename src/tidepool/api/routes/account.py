"""/v2/account"""

from tidepool.api.routing import Answer, Call, Table

table = Table()


@table.on("GET", "/v2/account", "account:read")
async def get(call: Call) -> Answer:
    account = {
        "droplet_limit": 25,
        "floating_ip_limit": 5,
        "email": "ops@tidepool.test",
        "name": "Tidepool",
        "uuid": "00000000-0000-4000-8000-000000000001",
        "email_verified": True,
        "status": "active",
        "status_message": "",
        "team": {"uuid": "00000000-0000-4000-8000-000000000002", "name": "My Team"},
    }
    return Answer(200, {"account": account})
