"""The bridge: what gets into nginx's configuration, when nginx is reloaded, and what was handed over."""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farshore.agent.bridge import Bridge, bridge_from_json
from farshore.agent.bridging import Bridging
from farshore.agent.line_count import LineCount

THERE = Bridge("198.51.100.7", "writes")


@dataclass
class CountedServer:
    reloads: int = 0
    says: str = ""

    async def reload(self) -> str:
        self.reloads += 1
        return self.says


def _bridging(folder: Path, server: CountedServer) -> Bridging:
    return Bridging(folder / "state", folder / "run/bridge.conf", folder / "bridge.log", server)


@given(address=st.text() | st.ip_addresses().map(str), what=st.text() | st.sampled_from(["writes", "all"]))
def test_nothing_but_an_address_and_one_of_two_words_gets_through(address: str, what: str) -> None:
    try:
        bridge = bridge_from_json({"address": address, "what": what})
    except ValueError:
        return
    assert bridge is not None
    lines = bridge.text().splitlines()
    assert len(lines) == 2
    assert re.fullmatch(r'set \$bridge_to "https://(\d+(\.\d+){3}|\[[0-9a-f:.]+\])";', lines[0])
    assert lines[1] in ('set $bridge_what "writes";', 'set $bridge_what "all";')


def test_an_ipv6_address_is_bracketed() -> None:
    assert Bridge("2001:db8::7", "all").text().startswith('set $bridge_to "https://[2001:db8::7]";\n')


def test_nginx_is_reloaded_only_when_the_file_changed(tmp_path: Path) -> None:
    server = CountedServer()

    async def work() -> None:
        bridging = _bridging(tmp_path, server)
        bridging.start()
        await bridging.put(None)
        await bridging.stop()
        assert server.reloads == 0
        for bridge, reloads in ((THERE, 1), (THERE, 1), (Bridge("198.51.100.8", "writes"), 2), (None, 3), (None, 3)):
            await bridging.put(bridge)
            await bridging.stop()
            assert server.reloads == reloads

    asyncio.run(work())
    assert not (tmp_path / "run/bridge.conf").exists()


def test_what_fails_is_told_and_fails_nothing(tmp_path: Path) -> None:
    server = CountedServer(says="nginx is not installed here.")

    async def work() -> None:
        bridging = _bridging(tmp_path, server)
        bridging.start()
        await bridging.put(THERE)
        await bridging.stop()
        assert bridging.troubles() == ["nginx is not installed here."]
        (tmp_path / "run/bridge.conf").unlink()
        (tmp_path / "run/bridge.conf.new").mkdir()
        await bridging.put(THERE)
        await bridging.stop()
        assert "cannot be written" in bridging.troubles()[0]

    asyncio.run(work())


@given(looks=st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["go on", "rotate", "truncate"])), max_size=12))
def test_lines_are_counted_once_over_every_rotation(
    tmp_path_factory: pytest.TempPathFactory, looks: list[tuple[int, str]]
) -> None:
    """A log that is truncated in place between two looks loses what nobody had read; nothing is counted twice."""
    log = tmp_path_factory.mktemp("log") / "bridge.log"
    log.write_text("before\n" * 3)
    count = LineCount(log)
    count.count_from(count.end())
    expected = 0
    for lines, then in looks:
        with log.open("a") as file:
            file.write("x\n" * lines)
        expected += lines
        if then == "truncate":
            assert count.count() == expected
            log.write_text("")
        elif then == "rotate":
            assert count.count() <= expected
            log.rename(log.with_name("bridge.log.1"))
            log.write_text("")
        assert count.count() == expected
