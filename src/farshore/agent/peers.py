"""Other agents and controllers over mutual TLS: one warm connection to each."""

import ssl
import time

from farshore.agent.asking import ANY, Peer
from farshore.agent.terms import Address
from farshore.ports.agent_wire import Json
from farshore.transport.client import Client
from farshore.transport.message import AGENT, CONTROLLER, Answer, NotTrusted

_CLIENTS_MAX = 128


class TlsPeers:
    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._clients: dict[Peer, Client] = {}
        self._roles: dict[Address, str] = {}  # of relays, as their certificates said

    async def ask(self, peer: Peer, path: str, body: Json, timeout_s: float) -> Answer:
        """A peer of any role is a controller or, if its certificate says otherwise, an agent."""
        if peer.role != ANY:
            return await self._client(peer).ask(path, body, timeout_s)
        until_s = time.monotonic() + timeout_s
        role = self._roles.get(peer.address, CONTROLLER)
        try:
            answer = await self._client(Peer(peer.address, role)).ask(path, body, timeout_s)
        except NotTrusted:
            role = AGENT if role == CONTROLLER else CONTROLLER
            left_s = max(0.01, until_s - time.monotonic())
            answer = await self._client(Peer(peer.address, role)).ask(path, body, left_s)
        self._roles[peer.address] = role
        return answer

    def close(self) -> None:
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def _client(self, peer: Peer) -> Client:
        if peer not in self._clients:
            if len(self._clients) >= _CLIENTS_MAX:  # addresses of terms long gone
                self.close()
            self._clients[peer] = Client(peer.address.host, peer.address.port, self._tls, peer.role, peer.name)
        return self._clients[peer]
