"""No secret reaches a log: not in messages, arguments or tracebacks."""

from __future__ import annotations

import json
import logging

import pytest

from app.logs import MASK, Redactor, set_up_logs

TOKEN = "987654321:AAH-abcdefghijklmnopqrstuvwxyz_12345"


@pytest.fixture(autouse=True)
def restored() -> object:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    yield
    root.handlers[:], root.level = before[0], before[1]


def fail(token: str) -> None:
    raise RuntimeError(f"could not open https://api.example.org/bot{token}/getMe")


@pytest.mark.parametrize("as_json", [True, False])
def test_tokens_vanish_from_messages_and_tracebacks(
    capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    set_up_logs(as_json=as_json)
    try:
        fail(TOKEN)
    except RuntimeError:
        logging.getLogger("bot").exception("calling bot%s failed", TOKEN)
    written = capsys.readouterr().err
    assert "could not open" in written
    assert MASK in written
    assert TOKEN not in written
    assert TOKEN.partition(":")[2] not in written


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("postgresql://desk:hunter22@db/frontdesk", "hunter22"),
        ("Authorization: Bearer abcdef123456", "abcdef123456"),
        ("POST /in/web_form/Zk3xYb9QpLmN7wVt-aaaa 200", "Zk3xYb9QpLmN7wVt-aaaa"),
    ],
)
def test_typical_secrets_are_found_by_their_shape(text: str, secret: str) -> None:
    assert secret not in Redactor()(text)


def test_learned_secrets_are_found_anywhere_and_short_ones_are_left() -> None:
    redact = Redactor()
    redact.learn("correct horse battery")
    redact.learn("at")
    assert redact("say 'correct horse battery' at once") == f"say '{MASK}' at once"


def test_ordinary_lines_stay_as_they_are() -> None:
    line = "lead 12 shown in 0.3 s at 10:15:00, see http://127.0.0.1:8080/health/ready"
    assert Redactor()(line) == line


def test_a_json_line_can_be_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(as_json=True)
    logging.getLogger("leads").info("lead %s: %s", 5, 'a "quoted" word')
    line = json.loads(capsys.readouterr().err)
    assert line["message"] == 'lead 5: a "quoted" word'
    assert line["level"] == "info"
    assert line["logger"] == "leads"
