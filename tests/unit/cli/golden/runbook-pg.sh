#!/usr/bin/env bash
# Failover of group shop by hand: nyc3 -> sfo3, epoch 2.
# Paste it block by block into bash and look at what each says. Blocks wait for each other as their titles say.
# A controller that runs would do the same at the same time: stop it first (systemctl stop farshore).

: "${FARSHORE_TOKEN:?export FARSHORE_TOKEN first}"
export FARSHORE_CA_FILE=/etc/farshore/farshore-ca.pem
export FARSHORE_CERTIFICATE_FILE=/etc/farshore/controller.pem
export FARSHORE_KEY_FILE=/etc/farshore/controller.key
for program in curl jq python3 dig sqlite3 psql; do
  command -v "$program" >/dev/null || echo "install $program first" >&2
done
API=https://api.digitalocean.com
EPOCH=2
api() {
  curl -fsS --max-time 20 -H 'Content-Type: application/json' \
    -H @<(printf 'Authorization: Bearer %s\n' "$FARSHORE_TOKEN") "$@"
}
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
}
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
}

OLD=$(database shop-nyc3); NEW=$(database shop-sfo3)
field() { jq -r ".connection.$2" <<<"$1"; }
sql() {  # DATABASE-OBJECT [DATABASE]: statements from standard input; the password goes by the environment
  PGPASSWORD=$(field "$1" password) PGSSLMODE=require PGCONNECT_TIMEOUT=5 psql -X -A -t -v ON_ERROR_STOP=1 \
    --host="$(field "$1" host)" --port="$(field "$1" port)" --username="$(field "$1" user)" "${2:-defaultdb}"
}
old_sql() { sql "$OLD" "${1-}"; }
new_sql() { sql "$NEW" "${1-}"; }

# --- revoke: Revoke the permit of nyc3: nobody there renews any more.
sqlite3 /etc/farshore/farshore.db 'UPDATE record SET value = json_set(value, '"'"'$.revoked'"'"', json('"'"'true'"'"')), revision = revision + 1 WHERE key = '"'"'group/shop/grant'"'"' RETURNING value;'
for host in $(hosts shop-sfo3); do agent_post "$host" 9470 /v1/revoke "{\"epoch\": $((EPOCH - 1))}"; done

# --- await_permit: Wait until the last permit of nyc3 has run out, unless its database is fenced first.
# After: revoke
sleep 19  # not needed where fence_database has shown that no session is left

# --- fence_app: Tell the app servers of nyc3 to stop taking orders (standby under epoch 2).
# Best effort: when nobody answers there, go on.
BODY=$(jq -n --argjson e $EPOCH --arg h "$(jq -r .private_connection.host <<<"$OLD")" --argjson p "$(jq -r .private_connection.port <<<"$OLD")" \
  '{endpoint: {epoch: $e, role: "standby", region: "nyc3", host: $h, port: $p}}')
for host in $(hosts shop-nyc3); do agent_post "$host" 9470 /v1/point "$BODY"; done

# --- fence_database: Fence the database of nyc3: raise its epoch row, block the app, end sessions, prove it.
# Best effort: when nobody answers there, go on.
old_sql <<SQL
INSERT INTO farshore.farshore_epoch (id, epoch) VALUES (1, $EPOCH)
  ON CONFLICT (id) DO UPDATE SET epoch = GREATEST(farshore_epoch.epoch, excluded.epoch);
SELECT 'epoch is now', epoch FROM farshore.farshore_epoch WHERE id = 1;
SQL
old_sql <<SQL
ALTER ROLE shop NOLOGIN;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop';
SELECT pg_sleep(0.5);
SELECT 'sessions left (must be 0):', count(*) FROM pg_stat_activity WHERE usename = 'shop';
SQL

# --- switch_dns: Point the stores' DNS records to sfo3: pages come back first.
DOOR=$(balancer_ip shop-sfo3)
RECORD=$(api "$API/v2/domains/"example.com"/records?name="shop.example.com"&type=A" | jq -r '.domain_records[0].id')
api -X PUT "$API/v2/domains/"example.com"/records/$RECORD" -d "{\"type\": \"A\", \"data\": \"$DOOR\", \"ttl\": 30}" | jq -c .domain_record

# --- prepare_promotion: Let the standby database of sfo3 apply everything it has received.
# After: fence_database or await_permit
# Best effort: when nobody answers there, go on.
# Both positions must be the same: what was received is applied.
new_sql <<<'SELECT pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()'

# --- promote: Promote the standby database of sfo3.
# After: prepare_promotion, fence_database or await_permit
PARENT=$(database shop-sfo3 | jq -r '.parent // empty')
[ -z "$PARENT" ] || api -X PUT "$API/v2/databases/$PARENT/replicas/"shop-sfo3/promote
until [ -z "$(database shop-sfo3 | jq -r '.parent // empty')" ]; do sleep 2; done; echo promoted

# --- await_writable: Wait until the database of sfo3 commits a transaction of our own.
# After: promote
until new_sql <<<"UPDATE farshore.farshore_epoch SET epoch = epoch WHERE id = 1" 2>/dev/null >/dev/null; do sleep 1; done; echo writable

# --- raise_epoch: Write epoch 2 into the database of sfo3 and let the app's users in.
# After: await_writable
new_sql <<SQL
INSERT INTO farshore.farshore_epoch (id, epoch) VALUES (1, $EPOCH)
  ON CONFLICT (id) DO UPDATE SET epoch = GREATEST(farshore_epoch.epoch, excluded.epoch);
SELECT 'epoch is now', epoch FROM farshore.farshore_epoch WHERE id = 1;
SQL
new_sql <<<"ALTER ROLE shop LOGIN"

# --- jump_ids: Move the id counters past what may be lost.
# After: await_writable
new_sql shop <<<"SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, COALESCE(last_value, start_value) + 1000) FROM pg_sequences"
new_sql shop <<<"UPDATE counters SET value = value + 1000"

# --- grant: Grant epoch 2 to sfo3: the commit point.
# After: revoke, raise_epoch, jump_ids
sqlite3 /etc/farshore/farshore.db 'INSERT INTO record (key, value, revision) VALUES ('"'"'group/shop/grant'"'"', '"'"'{"epoch": 2, "holder": "sfo3"}'"'"', 1) ON CONFLICT (key) DO UPDATE SET value = excluded.value, revision = record.revision + 1;'

# --- open_checkout: Open the checkout on every app server of sfo3.
# After: grant
BODY=$(jq -n --argjson e $EPOCH --arg h "$(jq -r .private_connection.host <<<"$NEW")" --argjson p "$(jq -r .private_connection.port <<<"$NEW")" \
  '{endpoint: {epoch: $e, role: "writer", region: "sfo3", host: $h, port: $p}}')
for host in $(hosts shop-sfo3); do agent_post "$host" 9470 /v1/point "$BODY"; done

# --- verify: Place an order from outside through the door of sfo3.
# After: open_checkout
curl -fsS --max-time 10 --resolve shop.example.com:443:"$DOOR" --data 'token=runbook-'$RANDOM$RANDOM'' https://shop.example.com:443/checkout

# --- confirm_dns: See the new address at the DNS authority.
# After: switch_dns
dig +short @ns1.digitalocean.com shop.example.com A  # must be what $DOOR holds

# --- report: Write the figures down and tell people.
# After: revoke, await_permit, fence_app, fence_database, switch_dns, prepare_promotion, promote, await_writable, raise_epoch, jump_ids, grant, open_checkout, verify, confirm_dns
echo 'Tell people. Fence the old region as soon as it answers again: fence_app and fence_database.'
