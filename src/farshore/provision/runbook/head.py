"""The top of the runbook: what it needs, and the shell functions that its steps use.

No secret is ever an argument of a process: the token goes through a file descriptor, keys and passwords
through files and variables.
"""

from shlex import quote

from farshore.plan.plan import Plan
from farshore.settings.settings import Settings

# Speaks with this controller's certificate. `at_ms` grows by the clock, so a repeated call is newer than the last one.
_AGENT_POST = r"""
agent_post() {  # ADDRESS PORT PATH BODY: one command to one agent; prints its answer
  python3 - "$@" <<'PYTHON'
import http.client, json, os, secrets, ssl, sys, time
address, port, path, body = sys.argv[1], int(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4])
tls = ssl.create_default_context(cafile=os.environ["FARSHORE_CA_FILE"])
tls.check_hostname = False  # the authority signs for nobody but controllers and agents
tls.load_cert_chain(os.environ["FARSHORE_CERTIFICATE_FILE"], os.environ["FARSHORE_KEY_FILE"])
body |= {"nonce": secrets.token_hex(16), "controller": "runbook", "at_ms": time.time_ns() // 1_000_000}
link = http.client.HTTPSConnection(address, port, timeout=5, context=tls)
try:
    link.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    answer = link.getresponse()
    print(address, answer.status, answer.read().decode())
except OSError as error:
    sys.exit(f"{address} does not answer: {error}")
sys.exit(answer.status != 200)
PYTHON
}"""

_FUNCTIONS = r"""
hosts() {  # TAG: public addresses of the app servers
  api "$API/v2/droplets?tag_name=$1&per_page=200" |
    jq -r '.droplets[].networks.v4[] | select(.type == "public") | .ip_address'
}
balancer_ip() {  # NAME
  api "$API/v2/load_balancers?per_page=200" | jq -r --arg n "$1" '.load_balancers[] | select(.name == $n) | .ip'
}
database() {  # NAME: the object, whether cluster or replica; `parent` is the primary's id while it is a replica
  local all id
  all=$(api "$API/v2/databases?per_page=200") || return
  jq -e --arg n "$1" '.databases[] | select(.name == $n)' <<<"$all" && return
  for id in $(jq -r '.databases[].id' <<<"$all"); do
    api "$API/v2/databases/$id/replicas" | jq -e --arg n "$1" --arg p "$id" \
      '.replicas[] | select(.name == $n) | . + {parent: $p}' && return
  done
  echo "there is no database $1" >&2; return 1
}"""


def head(settings: Settings, plan: Plan) -> str:
    group = settings.group
    cacert = f" --cacert {quote(str(settings.provider.ca_file))}" if settings.provider.ca_file else ""
    token_file = settings.provider.token_file
    from_file = f'\nFARSHORE_TOKEN="${{FARSHORE_TOKEN:-$(cat {quote(str(token_file))})}}"' if token_file else ""
    return f"""\
#!/usr/bin/env bash
# Failover of group {group.name} by hand: {plan.from_region} -> {plan.to_region}, epoch {plan.epoch}.
# Paste it block by block into bash and look at what each says. Blocks wait for each other as their titles say.
# A controller that runs would do the same at the same time: stop it first (systemctl stop farshore).
{from_file}
: "${{FARSHORE_TOKEN:?export FARSHORE_TOKEN first}}"
export FARSHORE_CA_FILE={quote(str(settings.agents.ca_file))}
export FARSHORE_CERTIFICATE_FILE={quote(str(settings.agents.certificate_file))}
export FARSHORE_KEY_FILE={quote(str(settings.agents.key_file))}
for program in curl jq python3 dig sqlite3 {"mysql" if group.engine == "mysql" else "psql"}; do
  command -v "$program" >/dev/null || echo "install $program first" >&2
done
API={quote(settings.provider.endpoint)}
EPOCH={plan.epoch}
api() {{
  curl -fsS --max-time 20{cacert} -H 'Content-Type: application/json' \\
    -H @<(printf 'Authorization: Bearer %s\\n' "$FARSHORE_TOKEN") "$@"
}}
{_FUNCTIONS.strip()}
{_AGENT_POST.strip()}
"""
