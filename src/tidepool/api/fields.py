"""The types of what clients send, once for all routes: DigitalOcean means the same by a field's name everywhere.

A wrong type is a 422 that names the field, so that no route has to doubt what it reads. Null always counts as absent.
"""

from typing import Any

from tidepool.api.backend import Json
from tidepool.api.errors import unprocessable

TEXTS = {
    "name", "region", "size", "ip_range", "description", "public_key", "type", "data", "tag", "vpc_uuid", "user_data",
    "engine", "version", "private_network_uuid", "sql_mode", "day", "hour", "value", "entry_protocol", "vpc_id",
    "target_protocol", "certificate_id", "protocol", "path", "leaf_certificate", "private_key", "certificate_chain",
    "ip_address", "resource_type", "auth_plugin", "project_id", "cookie_name", "uuid", "algorithm", "network",
    "network_stack", "tls_cipher_policy",
}  # fmt: skip
NUMBERS = {
    "ttl", "priority", "port", "weight", "flags", "num_nodes", "storage_size_mib", "entry_port", "target_port",
    "check_interval_seconds", "response_timeout_seconds", "healthy_threshold", "unhealthy_threshold", "size_unit",
    "http_idle_timeout_seconds", "cookie_ttl_seconds",
}  # fmt: skip
FLAGS = {
    "default", "backups", "ipv6", "monitoring", "disk", "redirect_http_to_https", "enable_proxy_protocol",
    "enable_backend_keepalive", "disable_lets_encrypt_dns_records", "tls_passthrough",
}  # fmt: skip
LISTS: dict[str, tuple[type, ...]] = {
    "names": (str,), "tags": (str,), "vpc_ids": (str,), "dns_names": (str,), "droplet_ids": (int,),
    "ssh_keys": (int, str), "forwarding_rules": (dict,), "rules": (dict,), "resources": (dict,), "allow": (str,),
    "deny": (str,),
}  # fmt: skip
OBJECTS = {"health_check", "sticky_sessions", "firewall", "mysql_settings", "settings", "do_settings", "config"}
FREE_INSIDE = {"config", "settings", "do_settings"}  # their keys are the database's own


def check(body: Json) -> None:
    for key, value in body.items():
        if value is not None:
            _check_one(key, value)


def _check_one(key: str, value: Any) -> None:
    if key in TEXTS:
        _must(isinstance(value, str), key, "a string")
    elif key in NUMBERS:
        _must(_is(value, (int,)), key, "a number")
    elif key in FLAGS:
        _must(isinstance(value, bool), key, "true or false")
    elif key in LISTS:
        allowed = LISTS[key]
        _must(isinstance(value, list) and all(_is(one, allowed) for one in value), key, f"a list of {_named(allowed)}")
        for one in value:
            if isinstance(one, dict):
                check(one)
    elif key in OBJECTS:
        _must(isinstance(value, dict), key, "an object")
        if key not in FREE_INSIDE:
            check(value)


def _is(value: Any, allowed: tuple[type, ...]) -> bool:
    return isinstance(value, allowed) and not isinstance(value, bool)


def _named(allowed: tuple[type, ...]) -> str:
    words = {str: "strings", int: "numbers", dict: "objects"}
    return " or ".join(words[kind] for kind in allowed)


def _must(holds: bool, key: str, wanted: str) -> None:
    if not holds:
        raise unprocessable(f"{key} must be {wanted}")
