"""No secret reaches a log: not in messages, arguments or tracebacks."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from app.logs import MASK, Redactor, set_up_logs

TOKEN = "987654321:AAH-abcdefghijklmnopqrstuvwxyz_12345"


@pytest.fixture(autouse=True)
def restored() -> object:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    hook = sys.excepthook
    yield
    sys.excepthook = hook
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
        ("{'Authorization': 'Basic YWJjOmRlZg==', 'Host': 'x'}", "YWJjOmRlZg"),
        ("POST /desk/0a1b2c3d4e5f60718293a4b5c6d7e8f9", "0a1b2c3d4e5f"),
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


def test_a_learned_secret_is_found_in_other_spellings() -> None:
    redact = Redactor()
    redact.learn('a "quoted"/\\ secret')
    redact.learn(TOKEN)
    for text in (
        "?t=a%20%22quoted%22%2F%5C%20secret",
        repr(['a "quoted"/\\ secret']),
        TOKEN.partition(":")[2],
    ):
        assert "quoted" not in redact(text)
        assert "AAH" not in redact(text)


@pytest.mark.parametrize(
    ("text", "private"),
    [
        ("no such person: dana.smith@example.com", "dana.smith"),
        ("bad phone +370 (612) 34-567, sorry", "34-567"),
        ("violates check\nDETAIL:  Failing row contains (7, Call me, please).", "Call me"),
        ("name\n  too long [type=x, input_value='Call\n me, please', input_type=str]", "please"),
    ],
)
def test_what_people_wrote_is_not_repeated(text: str, private: str) -> None:
    assert private not in Redactor()(text)
    assert Redactor()(text).startswith(text[:8])


def test_ordinary_lines_stay_as_they_are() -> None:
    line = "lead 12 shown in 0.3 s at 10:15:00, see http://127.0.0.1:8080/health/ready"
    assert Redactor()(line) == line


def test_a_line_stays_json_whatever_is_taken_out(capsys: pytest.CaptureFixture[str]) -> None:
    redact = set_up_logs(as_json=True)
    redact.learn('half"a secret')
    logging.getLogger("leads").info("authorization: %s", "abc")
    logging.getLogger("leads").info('said half"a secret')
    lines = [json.loads(line)["message"] for line in capsys.readouterr().err.splitlines()]
    assert lines == [f"authorization: {MASK}", f"said {MASK}"]


def test_the_report_of_a_crash_is_redacted_too(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(as_json=False)
    try:
        fail(TOKEN)
    except RuntimeError as error:
        sys.excepthook(RuntimeError, error, error.__traceback__)
    written = capsys.readouterr().err
    assert "could not open" in written
    assert TOKEN not in written


def test_a_json_line_can_be_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(as_json=True)
    logging.getLogger("leads").info("lead %s: %s", 5, 'a "quoted" word')
    line = json.loads(capsys.readouterr().err)
    assert line["message"] == 'lead 5: a "quoted" word'
    assert line["level"] == "info"
    assert line["logger"] == "leads"
