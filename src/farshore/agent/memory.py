"""What the agent must still know after a restart: the largest epoch, the newest command, the watch, the endpoint.

Everything is written beside its place, fsynced, then renamed, so that a full disk or a power cut leaves the old file.
The epoch goes to disk before the endpoint does: an agent that forgot an epoch could obey a fenced controller.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from farshore.model.region import Endpoint, Epoch
from farshore.ports.agent_wire import Json, endpoint_from_json, endpoint_to_json

_CONTROLLERS_MAX = 100
_NEVER = Epoch(0)


class MemoryFull(Exception):
    """Could not be written; the old state stands. The text is one clear sentence."""


@dataclass(slots=True)
class Memory:
    state: Path
    endpoint_file: Path
    epoch: Epoch = _NEVER
    endpoint: Endpoint | None = None
    watch: Json | None = None
    newest_ms: dict[str, int] = field(default_factory=dict)  # by controller
    warnings: list[str] = field(default_factory=list)

    @classmethod
    def load(cls, state: Path, endpoint_file: Path) -> "Memory":
        """A file that is missing was never written; one that is broken is reported and counts as missing,
        except the epoch: an unreadable epoch stops the agent, for it might be larger than all we are told."""
        memory = cls(state, endpoint_file)
        epoch_file = state / "epoch"
        if epoch_file.exists():
            text = epoch_file.read_text().strip()
            if not (text.isdecimal() and text.isascii()):
                raise MemoryFull(f"The epoch file {epoch_file} holds {text[:20]!r}; write the group's epoch into it.")
            memory.epoch = Epoch(int(text))
        endpoint = memory._json(endpoint_file)
        if endpoint is not None:
            try:
                memory.endpoint = endpoint_from_json(endpoint)
                memory.epoch = max(memory.epoch, memory.endpoint.epoch)
            except ValueError as error:
                memory.warnings.append(f"The endpoint file {endpoint_file} is broken: {error}")
        watch = memory._json(state / "watch.json")
        memory.watch = watch if isinstance(watch, dict) else None
        commands = memory._json(state / "commands.json")
        if isinstance(commands, dict):
            memory.newest_ms = {
                name: at for name, at in commands.items() if isinstance(at, int) and not isinstance(at, bool)
            }
        return memory

    def keep_epoch(self, epoch: Epoch) -> None:
        if epoch > self.epoch:
            replace_durably(self.state / "epoch", f"{int(epoch)}\n")
            self.epoch = epoch

    def keep_commands(self) -> None:
        newest = sorted(self.newest_ms.items(), key=lambda item: item[1])[-_CONTROLLERS_MAX:]
        replace_durably(self.state / "commands.json", json.dumps(dict(newest)))

    def keep_watch(self, watch: Json) -> None:
        replace_durably(self.state / "watch.json", json.dumps(watch))
        self.watch = watch

    def keep_endpoint(self, endpoint: Endpoint) -> None:
        replace_durably(self.endpoint_file, json.dumps(endpoint_to_json(endpoint)) + "\n", mode=0o644)
        self.endpoint = endpoint

    def reread_endpoint(self) -> None:
        """The file is what the shop reads, so the file is the truth: it may be gone after a reboot."""
        try:
            self.endpoint = endpoint_from_json(json.loads(self.endpoint_file.read_text()))
        except (OSError, ValueError):
            self.endpoint = None

    def _json(self, path: Path) -> object:
        try:
            return json.loads(path.read_text())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            self.warnings.append(f"The file {path} is unreadable and was ignored: {error}")
            return None


def replace_durably(path: Path, text: str, mode: int = 0o600) -> None:
    """Atomic and durable, or MemoryFull with the old file untouched."""
    beside = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(beside, mode)
            os.rename(beside, path)
        except OSError:
            beside.unlink(missing_ok=True)
            raise
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        raise MemoryFull(
            f"The file {path} cannot be written: {error.strerror}; free space or mend the disk."
        ) from error
