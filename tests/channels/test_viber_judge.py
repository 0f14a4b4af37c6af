"""viberbot, Viber's own library, checks our fixtures' signatures, reads their events, takes what we send."""

from __future__ import annotations

import json
from typing import Any

import pytest
from answering import media
from viberbot import Api, BotConfiguration
from viberbot.api import messages, viber_requests

from channels.kit.contract import Item
from channels.kit.discover import load
from channels.kit.errors import Rejected
from channels.kit.fixture import Fixture, fixtures
from channels.viber.outbound import _messages
from leads.events import Attachment, Inbound, Kind, MediaKind, Outgoing

VIBER = load("viber")
ALL = {one.file.removesuffix(".json"): one for one in fixtures("viber")}
READ = {name: one for name, one in ALL.items() if one.expect["outcome"] == "accepted"}
# Types and events that the library does not know; there we are more tolerant.
BEYOND = {"unknown_content"}


def api(fixture: Fixture) -> Any:
    settings = fixture.source(VIBER).settings
    token = settings.token.get_secret_value()
    return Api(BotConfiguration(auth_token=token, name=settings.name, avatar=""))


def item(fixture: Fixture) -> Item:
    (read,) = VIBER.parse(fixture.source(VIBER), fixture.call)
    return read


def ours(name: str) -> Inbound:
    read = item(READ[name])
    assert isinstance(read, Inbound)
    return read


def theirs(name: str) -> Any:
    return api(READ[name]).parse_request(READ[name].call.body)


def takes(fixture: Fixture) -> bool:
    try:
        VIBER.verify(fixture.source(VIBER), fixture.call)
    except Rejected:
        return False
    return True


@pytest.mark.parametrize("name", ALL)
def test_both_believe_the_same_signatures(name: str) -> None:
    fixture = ALL[name]
    given = fixture.call.headers["x-viber-content-signature"]
    assert takes(fixture) == api(fixture).verify_signature(fixture.call.body, given)


def test_neither_knows_what_is_beyond() -> None:
    for name in BEYOND:
        with pytest.raises(Exception, match="not supported"):
            theirs(name)


@pytest.mark.parametrize("name", sorted(READ.keys() - BEYOND))
def test_both_see_the_same_event_of_the_same_person(name: str) -> None:
    read, event = ours(name), theirs(name)
    person = getattr(event, "sender", None) or getattr(event, "user", None)
    assert read.sender.external_id == read.conv == (person.id if person else event.user_id)
    # unsubscribed has no token there, but all others do
    assert str(getattr(event, "message_token", "")) in read.event_id
    if name != "odd_members":
        assert read.at
        assert round(read.at.timestamp() * 1000) == event.timestamp
        assert (read.sender.name, read.sender.language) == (
            (person.name, person.language) if person else ("", "")
        )
    kinds: dict[str, Kind] = dict.fromkeys(("delivered", "seen", "failed"), Kind.STATUS)
    kinds |= {
        "conversation_started": Kind.UNBLOCKED,
        "subscribed": Kind.UNBLOCKED,
        "unsubscribed": Kind.BLOCKED,
    }
    assert kinds.get(event.event_type, read.kind) is read.kind
    assert read.attribution.payload == (getattr(event, "context", None) or "")


@pytest.mark.parametrize(
    "name", [name for name in sorted(READ.keys() - BEYOND) if ours(name).kind is Kind.MESSAGE]
)
def test_both_read_the_same_content(name: str) -> None:
    read, content = ours(name), theirs(name).message
    match content:
        case messages.TextMessage():
            assert read.text == content.text
        case messages.URLMessage():
            assert content.media in (read.text, read.fields.get("link"))
        case messages.RichMediaMessage():
            assert content.rich_media
            return
        case messages.StickerMessage():
            told = read.attachments[0].data if read.attachments else read.fields
            assert told["sticker"] == str(content.sticker_id)
        case messages.LocationMessage():
            told = {"latitude": str(content.location.latitude), "longitude": str(content.location.longitude)}
            assert read.attachments[0].data == told
        case messages.ContactMessage():
            told = {"phone": content.contact.phone_number, "name": content.contact.name}
            assert read.attachments[0].data == told
        case _:
            assert read.attachments[0].ref == content.media
            assert isinstance(getattr(content, "text", ""), list) or read.text == (
                getattr(content, "text", "") or ""
            )
    assert read.fields.get("tracking_data", "") == (content.tracking_data or "")


@pytest.mark.parametrize("kind", ["photo", "video", "file", "text"])
def test_what_we_send_is_a_message_to_them(kind: str) -> None:
    mimes = {"photo": "image/jpeg", "video": "video/mp4"}
    attachment = None if kind == "text" else Attachment(MediaKind(kind))
    given = media("a", mimes.get(kind, ""), url="https://desk.example/a")
    for sent in _messages(Outgoing("x", "вот", attachment=attachment), given):
        message = messages.get_message(json.loads(json.dumps(sent)))
        assert message.validate()
        assert {key: value for key, value in message.to_dict().items() if value is not None} == sent


def test_they_know_every_event_that_we_read() -> None:
    from channels.viber.inbound import _READERS

    assert _READERS.keys() | {"webhook"} == viber_requests.EVENT_TYPE_TO_CLASS.keys()
