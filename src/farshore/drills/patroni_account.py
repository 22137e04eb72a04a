"""What the Patroni bench needs of the provider's account: two more droplets, and the DNS record put back."""

import asyncio
import json
import ssl
import time
import urllib.error
import urllib.request
from typing import Any

from farshore.drills.lab import Facts, Lab
from farshore.drills.patroni_host import Host
from farshore.model.failure import Refused

READY_WITHIN_S = 90.0


class Droplets:
    def __init__(self, lab: Lab, facts: Facts) -> None:
        self._lab, self._facts = lab, facts
        self._tls = ssl.create_default_context(cafile=facts.ca_file)

    async def database_hosts(self) -> list[Host]:
        """Made, or found from an earlier bout; the writer's first."""
        keys = await self._call("GET", "/v2/account/keys", None)
        existing = {d["name"]: d for d in (await self._call("GET", "/v2/droplets?per_page=200", None))["droplets"]}
        hosts = []
        for region in (self._facts.writer, self._facts.standby):
            name = f"pg-{region}"
            body = {
                "name": name, "region": region, "size": "s-1vcpu-2gb", "image": "debian-12-x64",
                "ssh_keys": [keys["ssh_keys"][0]["id"]], "vpc_uuid": self._facts.region(region)["vpc"]["id"],
            }  # fmt: skip
            if name not in existing:
                existing[name] = (await self._call("POST", "/v2/droplets", body))["droplet"]
            hosts.append(await self._active(name, int(existing[name]["id"])))
        return hosts

    def app_servers(self) -> dict[str, list[Host]]:
        return {
            region: [self._host(one["name"], one["public"], one["private"]) for one in made["droplets"]]
            for region in (self._facts.writer, self._facts.standby)
            for made in (self._facts.region(region),)
        }

    async def point_at_writer(self) -> None:
        """The record, as it was before a bout moved it."""
        zone, record = self._facts.store["zone"], self._facts.store["record"]
        found = await self._call("GET", f"/v2/domains/{zone}/records?type=A&per_page=200", None)
        address = self._facts.region(self._facts.writer)["balancer"]["ip"]
        for one in found["domain_records"]:
            if one["name"] == record and one["data"] != address:
                await self._call("PUT", f"/v2/domains/{zone}/records/{one['id']}", {"type": "A", "data": address})

    async def _active(self, name: str, number: int) -> Host:
        deadline = time.monotonic() + READY_WITHIN_S
        while True:
            droplet = (await self._call("GET", f"/v2/droplets/{number}", None))["droplet"]
            addresses = {one["type"]: one["ip_address"] for one in droplet["networks"]["v4"]}
            if droplet["status"] == "active" and {"public", "private"} <= set(addresses):
                return self._host(name, addresses["public"], addresses["private"])
            if time.monotonic() > deadline:
                raise Refused(f"The droplet {name} is not active after {READY_WITHIN_S:.0f} s.", "Start again.")
            await asyncio.sleep(0.5)

    def _host(self, name: str, public: str, private: str) -> Host:
        return Host(name, public, private, self._lab, str(self._facts.store["ssh_key_file"]))

    async def _call(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        return await asyncio.to_thread(self._ask, method, path, body)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self._facts.env['endpoint']}{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"Authorization": f"Bearer {self._facts.token}", "Content-Type": "application/json"},
        )
        # The machine's proxy is not the lab's.
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=self._tls)
        )
        try:
            with opener.open(request, timeout=30) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            said = error.read(300).decode(errors="replace")
            raise Refused(f"{method} {path} answered {error.code}: {said}.", "Mend that, then start again.") from None
