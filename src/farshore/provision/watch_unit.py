"""The systemd unit of `farshore watch`."""

import sys
from pathlib import Path

from farshore.model.failure import Refused


def watch_unit(config: Path) -> str:
    program = Path(sys.argv[0]).absolute()
    for path in (program, config):
        # systemd splits at blanks and expands % and $; such a path is rare enough to refuse.
        if any(character.isspace() or character in "%$\\\"'" for character in str(path)):
            raise Refused(f"{path}: a unit cannot name this path.", "Move it to a path without blanks and signs.")
    return f"""\
[Unit]
Description=farshore watches, decides and fails over
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart={program} watch --config {config}
WorkingDirectory={config.parent}
# FARSHORE_TOKEN=... in a file of mode 0600, unless provider.token_file is set.
EnvironmentFile=-/etc/farshore/environment
Restart=always
RestartSec=1
WatchdogSec=15
OOMScoreAdjust=-500
NoNewPrivileges=yes
UMask=0077

[Install]
WantedBy=multi-user.target
"""
