# First boot of a database host. The settings stand before this; the engine's part comes after it.
set -eu
umask 077
exec > /var/log/database-setup.log 2>&1
# Only the host knows its addresses, so its certificate is made here, and the authority's key is not kept.
certify() {
    folder=$1 owner=$2
    install -d -o "$owner" -m 0700 "$folder"
    names=$(ip -4 -o addr show scope global | awk '{split($4, a, "/"); printf "%sIP:%s", s, a[1]; s = ","}')
    printf '%s\n' "$AUTHORITY_KEY" > "$folder/authority.key"
    printf '%s\n' "$AUTHORITY" > "$folder/authority.pem"
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$NAME" \
        -keyout "$folder/server.key" -out "$folder/server.csr"
    printf 'subjectAltName=%s\nauthorityKeyIdentifier=keyid\nextendedKeyUsage=serverAuth,clientAuth\n' "$names" > "$folder/extensions"
    openssl x509 -req -in "$folder/server.csr" -CA "$folder/authority.pem" -CAkey "$folder/authority.key" -CAcreateserial \
        -days 365 -extfile "$folder/extensions" -out "$folder/server.pem"
    rm -f "$folder/authority.key" "$folder/server.csr" "$folder/extensions"
    chown "$owner:" "$folder"/*
}
until_true() {
    for _ in $(seq 240); do
        if "$@"; then return 0; fi
        sleep 0.5
    done
    echo "gave up: $*"
    return 1
}
