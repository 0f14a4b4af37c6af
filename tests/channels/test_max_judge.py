"""maxapi, an independent library of MAX's Bot API, reads our fixtures too: do we understand the same?"""

from __future__ import annotations

import json
from typing import Any

import pytest
from maxapi.types.updates import UpdateUnionAdapter

from channels.kit.discover import load
from channels.kit.fixture import Fixture, fixtures
from channels.max.content import VIDEO
from channels.max.inbound import UPDATES
from leads.events import Attachment, Inbound, Kind, MediaKind

MAX = load("max")
ALL = {one.file.removesuffix(".json"): one for one in fixtures("max")}
BEYOND = {"text_odd_members", "unknown_attachment"}  # a strict library refuses what we forgive
READ = {name: one for name, one in ALL.items() if one.expect["outcome"] == "accepted" and name not in BEYOND}
IGNORED = {name: one for name, one in ALL.items() if one.expect["outcome"] == "ignored"}


def ours(fixture: Fixture) -> Inbound:
    (item,) = MAX.parse(fixture.source(MAX), fixture.call)
    assert isinstance(item, Inbound)
    return item


def theirs(fixture: Fixture) -> Any:
    return UpdateUnionAdapter.validate_python(json.loads(fixture.call.body))


def author(update: Any) -> Any:
    if hasattr(update, "callback"):
        return update.callback.user
    return update.message.sender if hasattr(update, "message") else getattr(update, "user", None)


MESSAGES = [name for name, one in READ.items() if ours(one).kind in {Kind.MESSAGE, Kind.EDIT}]
WRITTEN = [name for name in MESSAGES if not name.startswith("start")]


@pytest.mark.parametrize("name", READ)
def test_both_see_the_same_person_in_the_same_chat(name: str) -> None:
    item, update = ours(READ[name]), theirs(READ[name])
    chat, _ = update.get_ids()
    assert item.thread == ("" if chat is None else str(chat))
    if user := author(update):
        assert (item.sender.external_id, item.sender.name) == (str(user.user_id), user.full_name)
        assert item.sender.username == (user.username or "")
        assert item.sender.language == (getattr(update, "user_locale", None) or "")
    else:
        assert item.sender.external_id == str(update.user_id)


@pytest.mark.parametrize("name", WRITTEN)
def test_both_read_the_same_message(name: str) -> None:
    item, message = ours(READ[name]), theirs(READ[name]).message
    assert item.message_id == (message.body.mid if message.body else "")
    replied = message.link and message.link.type == "reply"
    assert item.reply_to == (message.link.message.mid if replied else "")
    body = message.body if replied or not message.link else message.link.message
    assert item.text == (body.text or "")
    shown = [one for one in body.attachments or [] if one.type != "share"]
    for mine, his in zip(item.attachments, shown, strict=True):
        compare(mine, his)


def compare(mine: Attachment, his: Any) -> None:
    if mine.kind is MediaKind.LOCATION:
        assert mine.data == {"latitude": str(his.latitude), "longitude": str(his.longitude)}
    elif mine.kind is MediaKind.CONTACT:
        assert mine.data.get("vcard", "") == (his.payload.vcf_info or "")
        # It reads neither groups of properties nor line ends that are written out.
        if phone := his.payload.vcf.phone:
            assert mine.data["phone"] == phone
    else:
        assert mine.ref == (VIDEO + his.payload.token if his.type == "video" else his.payload.url)
        assert mine.name == (getattr(his, "filename", None) or "")
        assert mine.size == getattr(his, "size", None)


@pytest.mark.parametrize("name", [name for name in READ if name.startswith("start")])
def test_both_find_where_a_customer_came_from(name: str) -> None:
    assert ours(READ[name]).attribution.payload == (theirs(READ[name]).payload or "")


def test_both_read_the_same_press_of_a_button() -> None:
    item, update = ours(READ["click"]), theirs(READ["click"])
    rows = update.message.body.attachments[0].payload.buttons
    titles = {getattr(one, "payload", None): one.text for row in rows for one in row}
    assert item.event_id == f"pressed:{update.callback.callback_id}"
    assert (item.text, item.fields["title"]) == (update.callback.payload, titles[update.callback.payload])


@pytest.mark.parametrize("name", IGNORED)
def test_what_we_ignore_is_nothing_that_it_would_show_to_a_person(name: str) -> None:
    (why,) = IGNORED[name].expect["ignored"]
    if name == "ignored_unknown":
        with pytest.raises(ValueError, match="update_type"):
            theirs(IGNORED[name])
    elif why in {"group_chat", "channel_post"}:
        assert theirs(IGNORED[name]).message.recipient.chat_type in {"chat", "channel"}
    elif why == "from_bot":
        assert theirs(IGNORED[name]).message.sender.is_bot
    else:
        assert theirs(IGNORED[name]).update_type == why


def test_each_kind_of_update_that_we_ask_for_has_a_fixture() -> None:
    assert {theirs(one).update_type.value for one in READ.values()} == set(UPDATES)
