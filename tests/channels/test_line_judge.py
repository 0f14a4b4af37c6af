"""LINE's own library checks our fixtures' signatures, reads their events, and takes what we send."""

from __future__ import annotations

import json
from typing import Any

import pytest
from answering import media
from linebot.v3.messaging import models as theirs_out
from linebot.v3.webhook import InvalidSignatureError, WebhookParser
from linebot.v3.webhooks import models

from channels.kit.contract import Item
from channels.kit.discover import load
from channels.kit.errors import Rejected
from channels.kit.fixture import Fixture, fixtures
from channels.line.outbound import _messages
from channels.line.thread import Thread, understood
from leads.events import Attachment, Button, Inbound, Kind, MediaKind, Outgoing

LINE = load("line")
ALL = {one.file.removesuffix(".json"): one for one in fixtures("line")}
# Content types that the library does not know, odd or broken members: there we are more tolerant.
BEYOND = {"unknown_content", "odd_members", "batch"}
READ = {name: one for name, one in ALL.items() if one.expect["outcome"] == "accepted" and name not in BEYOND}
KINDS = {
    models.MessageEvent: Kind.MESSAGE,
    models.MessageEditedEvent: Kind.EDIT,
    models.PostbackEvent: Kind.CLICK,
    models.FollowEvent: Kind.UNBLOCKED,
    models.UnfollowEvent: Kind.BLOCKED,
    models.UnsendEvent: Kind.DELETE,
}


def secret(fixture: Fixture) -> str:
    known: str = fixture.source(LINE).settings.channel_secret.get_secret_value()
    return known


def given(fixture: Fixture) -> str:
    return fixture.call.headers["x-line-signature"]


def ours(name: str) -> Inbound:
    (item,) = LINE.parse(READ[name].source(LINE), READ[name].call)
    assert isinstance(item, Inbound)
    return item


def theirs(name: str) -> Any:
    raw = json.loads(READ[name].call.body)["events"][0]
    return models.Event.from_dict(raw)


def takes(fixture: Fixture) -> bool:
    try:
        LINE.verify(fixture.source(LINE), fixture.call)
    except Rejected:
        return False
    return True


@pytest.mark.parametrize("name", ALL)
def test_both_believe_the_same_signatures(name: str) -> None:
    fixture = ALL[name]
    validator = WebhookParser(secret(fixture)).signature_validator
    assert takes(fixture) == validator.validate(fixture.call.body.decode(), given(fixture))


def test_their_parser_refuses_what_we_refuse() -> None:
    fixture = ALL["badly_signed"]
    with pytest.raises(InvalidSignatureError):
        WebhookParser(secret(fixture)).parse(fixture.call.body.decode(), given(fixture))


def test_the_same_number_of_events() -> None:
    for name in ("ignored_verification", "ignored_group", "ignored_standby"):
        items: list[Item] = list(LINE.parse(ALL[name].source(LINE), ALL[name].call))
        events = WebhookParser(secret(ALL[name])).parse(ALL[name].call.body.decode(), given(ALL[name]))
        assert len(items) == (len(events) or 1)


@pytest.mark.parametrize("name", READ)
def test_both_see_the_same_event_of_the_same_person(name: str) -> None:
    item, event = ours(name), theirs(name)
    assert KINDS[type(event)] is item.kind
    assert item.event_id == event.webhook_event_id
    assert item.sender.external_id == item.conv == event.source.user_id
    assert item.at
    assert round(item.at.timestamp() * 1000) == event.timestamp
    thread = understood(item.thread)
    assert (thread.to, thread.reply) == (event.source.user_id, getattr(event, "reply_token", None) or "")


@pytest.mark.parametrize("name", [name for name in READ if ours(name).kind in {Kind.MESSAGE, Kind.EDIT}])
def test_both_read_the_same_content(name: str) -> None:
    item, content = ours(name), theirs(name).message
    thread = understood(item.thread)
    assert item.message_id == thread.message == content.id
    assert item.text == (getattr(content, "text", None) or "")
    assert item.reply_to == (getattr(content, "quoted_message_id", None) or "")
    assert thread.quote == (getattr(content, "quote_token", None) or "")
    assert thread.read == (content.mark_as_read_token or "")
    match content:
        case models.TextMessageContent():
            assert item.attachments == ()
        case models.StickerMessageContent():
            numbers = f"{content.package_id}/{content.sticker_id}"
            assert item.fields == {"sticker": ", ".join(content.keywords or []) or numbers}
        case models.LocationMessageContent():
            told = (str(content.latitude), str(content.longitude), content.title, content.address)
            assert tuple(item.attachments[0].data.values()) == told
        case models.FileMessageContent():
            (file,) = item.attachments
            assert (file.ref, file.name, file.size) == (content.id, content.file_name, content.file_size)
        case _:
            (file,) = item.attachments
            assert file.ref == (content.content_provider.original_content_url or content.id)
            seconds = round((getattr(content, "duration", None) or 0) / 1000)
            assert int(file.data.get("duration", "0")) == seconds


def test_both_read_the_same_presses_and_deletions() -> None:
    assert ours("click_menu").text == theirs("click_menu").postback.data
    assert ours("click_menu").fields == theirs("click_menu").postback.params
    assert ours("unsend").message_id == theirs("unsend").unsend.message_id


@pytest.mark.parametrize(
    ("kind", "mime", "model"),
    [
        ("", "", theirs_out.TextMessage),
        ("photo", "image/jpeg", theirs_out.ImageMessage),
        ("audio", "audio/mpeg", theirs_out.AudioMessage),
        ("file", "application/pdf", theirs_out.TextMessage),
    ],
)
def test_what_we_send_is_a_message_to_them(kind: str, mime: str, model: type[Any]) -> None:
    attachment = Attachment(MediaKind(kind), data={"duration": "9"}) if kind else None
    buttons = (Button("Yes", "y"), Button("Site", url="https://example.com"))
    sent = _messages(
        Outgoing("U1", "" if kind else "hi", attachment=attachment, buttons=buttons, reply_to="5001"),
        Thread("U1", message="5001", quote="q1"),
        media("a", mime, url="https://desk.example/a"),
    )
    request = theirs_out.PushMessageRequest.from_dict({"to": "U1", "messages": sent})
    assert isinstance(request.messages[0], model)
    assert bare(request.to_dict()["messages"]) == sent


def bare(value: Any) -> Any:
    """Without what is None: the library writes those too."""
    if isinstance(value, dict):
        return {key: bare(one) for key, one in value.items() if one is not None}
    return [bare(one) for one in value] if isinstance(value, list) else value
