"""Handing a notice over: by POST, by command, by log."""

import asyncio
import json
import logging
import sys
from pathlib import Path

import pytest

from farshore.adapters.command_notifier import CommandNotifier
from farshore.adapters.log_notifier import LogNotifier
from farshore.adapters.webhook_notifier import WebhookNotifier
from farshore.model.failure import Refused, RetryLater
from farshore.ports.notifier import Notice

NOTICE = Notice("shop", "critical", "Failed over to sfo3", "Closed for 7 s.\nNothing lost.")


def _post(status: str) -> tuple[bytes, BaseException | None]:
    seen: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-l"))
        seen.append(await reader.readexactly(length))
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        writer.close()

    async def work() -> BaseException | None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook/secret-word"
        try:
            await WebhookNotifier(url, timeout_s=5.0).tell(NOTICE)
        except RetryLater as error:
            return error
        finally:
            server.close()
        return None

    problem = asyncio.run(work())
    return seen[0], problem


def test_a_webhook_gets_json_that_people_can_read() -> None:
    body, problem = _post("200 OK")
    assert problem is None
    said = json.loads(body)
    assert said["title"] == "Failed over to sfo3"
    assert said["text"].startswith("[critical] shop: Failed over to sfo3\n")


def test_a_webhook_that_fails_may_be_tried_later_and_keeps_its_secret() -> None:
    _, problem = _post("500 Oops")
    assert "500" in str(problem)
    assert "secret-word" not in str(problem)
    with pytest.raises(RetryLater) as unreachable:
        asyncio.run(WebhookNotifier("http://127.0.0.1:1/hook/secret-word").tell(NOTICE))
    assert "secret-word" not in str(unreachable.value)
    with pytest.raises(Refused):
        WebhookNotifier("file:///etc/passwd")


def test_a_command_reads_the_notice_from_its_input(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    script = f"import sys; open({str(heard)!r}, 'w').write(sys.stdin.read())"
    asyncio.run(CommandNotifier([sys.executable, "-c", script]).tell(NOTICE))
    assert json.loads(heard.read_text())["text"] == NOTICE.text


@pytest.mark.parametrize(
    "command", [["/does/not/exist"], ["false"], ["sleep", "60"]], ids=["missing", "fails", "never ends"]
)
def test_a_command_that_does_not_do_it_may_be_tried_later(command: list[str]) -> None:
    with pytest.raises(RetryLater):
        asyncio.run(CommandNotifier(command, timeout_s=0.3).tell(NOTICE))


def test_the_log_gets_the_level(caplog: pytest.LogCaptureFixture) -> None:
    asyncio.run(LogNotifier().tell(NOTICE))
    (record,) = caplog.records
    assert (record.levelno, "Failed over to sfo3" in record.getMessage()) == (logging.CRITICAL, True)
