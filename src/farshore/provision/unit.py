"""The systemd unit of the agent, and where its files lie on an app server."""

ARCHIVE_PATH = "/usr/local/lib/farshore/farshore.pyz"
CONFIG_PATH = "/etc/farshore/agent.json"
AUTHORITY_PATH = "/etc/farshore/farshore-ca.pem"
CERTIFICATE_PATH = "/etc/farshore/agent.pem"
KEY_PATH = "/etc/farshore/agent.key"
DATABASE_PATH = "/etc/farshore/database.json"
DATABASE_CA_PATH = "/etc/farshore/database-ca.pem"
CA_PATH = "/etc/farshore/probe-ca.pem"
UNIT_NAME = "farshore-agent.service"
UNIT_PATH = f"/etc/systemd/system/{UNIT_NAME}"
ENDPOINT_DIR = "/run/farshore"
STATE_DIR = "/var/lib/farshore/agent"

# RuntimeDirectoryPreserve: the endpoint file must outlive a restart of the agent, or a deployment would
# close the shop. It does not outlive a reboot, on purpose: a host that comes back is closed until pointed.
UNIT = f"""\
[Unit]
Description=farshore agent: points this app server at the writer's database
After=network.target
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/bin/python3 -I {ARCHIVE_PATH} agent --config {CONFIG_PATH}
Restart=always
RestartSec=0.5
RuntimeDirectory=farshore
RuntimeDirectoryMode=0755
RuntimeDirectoryPreserve=yes
StateDirectory=farshore/agent
StateDirectoryMode=0700
UMask=0022
NoNewPrivileges=yes
MemoryMax=256M
OOMScoreAdjust=-500

[Install]
WantedBy=multi-user.target
"""
