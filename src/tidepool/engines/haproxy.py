"""The text of HAProxy's configuration for a DigitalOcean load balancer. Pure; `balancer` runs it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

ADMIN_SOCKET = "/run/haproxy-admin.sock"
CERTIFICATES = "/etc/haproxy/certificates"
HTTP_FAMILY = ("http", "https", "http2", "http3")

HEALTH_CHECK_DEFAULTS: Mapping[str, Any] = {
    "protocol": "http",
    "port": 80,
    "path": "/",
    "check_interval_seconds": 10,
    "response_timeout_seconds": 5,
    "unhealthy_threshold": 5,
    "healthy_threshold": 3,
}

HEAD = """global
    maxconn 5000
    no strict-limits
    stats socket {socket} mode 600 level admin
    ssl-default-bind-options ssl-min-ver TLSv1.2

defaults
    timeout connect 2s
    timeout client {idle}s
    timeout server {idle}s
    timeout queue 5s
    option redispatch
    retries 2
"""


def configuration(balancer: Mapping[str, Any], backends: Sequence[str], certificates: Collection[str]) -> str:
    """`backends` are private addresses; a rule whose certificate is unknown is left out, as it cannot serve."""
    idle = balancer.get("http_idle_timeout_seconds") or 60
    parts = [HEAD.format(idle=idle, socket=ADMIN_SOCKET)]
    rules = balancer.get("forwarding_rules") or []
    redirect = bool(balancer.get("redirect_http_to_https")) and any(r["entry_protocol"] == "https" for r in rules)
    for number, rule in enumerate(rules):
        if _needs_certificate(rule) and rule.get("certificate_id") not in certificates:
            continue
        parts.append(_frontend(number, rule, redirect))
        parts.append(_backend(number, rule, balancer, backends))
    return "\n".join(parts)


def _needs_certificate(rule: Mapping[str, Any]) -> bool:
    return rule["entry_protocol"] in ("https", "http2", "http3") and not rule.get("tls_passthrough")


def _is_http(rule: Mapping[str, Any]) -> bool:
    return rule["entry_protocol"] in HTTP_FAMILY and not rule.get("tls_passthrough")


def _frontend(number: int, rule: Mapping[str, Any], redirect: bool) -> str:
    bind = f"    bind *:{rule['entry_port']}"
    if _needs_certificate(rule):
        bind += f" ssl crt {CERTIFICATES}/{rule['certificate_id']}.pem alpn h2,http/1.1"
    lines = [f"frontend entry{number}", f"    mode {'http' if _is_http(rule) else 'tcp'}", bind]
    if _is_http(rule):
        scheme = "https" if _needs_certificate(rule) else "http"
        lines += ["    option forwardfor", f"    http-request set-header X-Forwarded-Proto {scheme}"]
    if redirect and rule["entry_protocol"] == "http":
        lines.append("    http-request redirect scheme https code 307")
    lines.append(f"    default_backend target{number}")
    return "\n".join(lines) + "\n"


def _backend(number: int, rule: Mapping[str, Any], balancer: Mapping[str, Any], backends: Sequence[str]) -> str:
    check = {**HEALTH_CHECK_DEFAULTS, **{k: v for k, v in (balancer.get("health_check") or {}).items() if v}}
    lines = [f"backend target{number}", f"    mode {'http' if _is_http(rule) else 'tcp'}", "    balance roundrobin"]
    if balancer.get("algorithm") == "least_connections":
        lines[-1] = "    balance leastconn"
    if check["protocol"] in ("http", "https"):
        lines += [f"    option httpchk GET {check['path']}", "    http-check expect status 200-399"]
    lines.append(f"    timeout check {check['response_timeout_seconds']}s")
    cookie = _cookie(balancer.get("sticky_sessions") or {}) if _is_http(rule) else ""
    if cookie:
        lines.append(f"    {cookie}")
    options = (
        f"check port {check['port']} inter {check['check_interval_seconds']}s"
        f" fall {check['unhealthy_threshold']} rise {check['healthy_threshold']} on-marked-down shutdown-sessions"
    )
    if check["protocol"] == "https":
        options += " check-ssl verify none"
    if rule["target_protocol"] in ("https", "http2") and _is_http(rule):
        options += " ssl verify none"
    for address in backends:
        name = f"droplet-{address.replace('.', '-')}"
        own = f" cookie {name}" if cookie else ""
        lines.append(f"    server {name} {address}:{rule['target_port']} {options}{own}")
    return "\n".join(lines) + "\n"


def _cookie(sticky: Mapping[str, Any]) -> str:
    if sticky.get("type") != "cookies":
        return ""
    # "indirect": the droplets never see the balancer's cookie, as on the real one.
    return f"cookie {sticky['cookie_name']} insert indirect nocache maxlife {sticky['cookie_ttl_seconds']}s"
