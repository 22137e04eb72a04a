"""The founding script does what it did, and nothing better: one look, one rewrite."""

import json

from farshore.drills.founding import Records, watch


def test_it_switches_once_after_the_first_bad_look() -> None:
    looks = iter([True, True, False, True])
    switched: list[str] = []
    said: list[str] = []
    watch(lambda: next(looks), lambda: switched.append("now"), every_s=0.0, say=said.append)
    assert switched == ["now"]
    assert [json.loads(line).get("up") for line in said] == [True, True, False, None]


def test_it_rewrites_its_own_record_only() -> None:
    calls: list[tuple[str, str, object]] = []

    class Recording(Records):
        def _call(self, method: str, path: str, body: dict[str, object] | None) -> dict[str, object]:
            calls.append((method, path, body))
            names = (("A", "www"), ("A", "shop"), ("TXT", "shop"))
            return {"domain_records": [{"id": n, "type": t, "name": name} for n, (t, name) in enumerate(names)]}

    Recording("https://api.test", "token", None).rewrite("example.com", "shop", "198.51.100.20")  # type: ignore[arg-type]
    assert calls[1:] == [("PUT", "/v2/domains/example.com/records/1", {"type": "A", "data": "198.51.100.20"})]
