"""The agent's end of the journal's socket, as PHP sees it: says what it is told to, notes what it was asked."""

import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any


class NearAgent:
    """One thread for each connection; `answers` decides by entry: a dict, or None for silence."""

    def __init__(self, path: Path, answers: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
        path.unlink(missing_ok=True)
        self.entries: list[dict[str, Any]] = []
        self.connections = 0
        self._answers = answers
        self._path = path
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen(8)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def kinds(self) -> list[str]:
        return [entry["kind"] for entry in self.entries]

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._path.unlink(missing_ok=True)
        self._thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        with peer, peer.makefile("rwb") as stream:
            for line in stream:
                entry = json.loads(line)
                answer = self._answers(entry)
                self.entries.append(entry)
                if answer is not None:
                    stream.write(json.dumps(answer).encode() + b"\n")
                    stream.flush()
