"""vkbottle-types, an independent library of VK's schema, reads our fixtures: do we understand the same?"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from vkbottle_types.events import GroupTypes

from channels.kit.contract import Ignored
from channels.kit.discover import load
from channels.kit.fixture import Fixture, fixtures
from channels.vk.inbound import EVENTS
from leads.events import Attachment, Inbound, MediaKind

VK = load("vk")
ALL = {one.file.removesuffix(".json"): one for one in fixtures("vk")}
# A strict library refuses what we forgive.
BEYOND = {"click_callback_text", "lead_form_bare", "odd_members", "text_old_version", "unknown_content"}
READ = {name: one for name, one in ALL.items() if one.expect["outcome"] == "accepted" and name not in BEYOND}
IGNORED = [name for name, one in ALL.items() if one.expect["outcome"] == "ignored" and "unknown" not in name]


def body(fixture: Fixture) -> Any:
    return json.loads(fixture.call.body)


def kind(fixture: Fixture) -> str:
    return str(body(fixture)["type"])


def ours(fixture: Fixture) -> Inbound:
    (item,) = VK.parse(fixture.source(VK), fixture.call)
    assert isinstance(item, Inbound)
    return item


def theirs(fixture: Fixture) -> Any:
    name = "".join(word.title() for word in kind(fixture).split("_"))
    return getattr(GroupTypes, name)(**body(fixture))


def of(*kinds: str) -> list[str]:
    return [name for name, one in READ.items() if kind(one) in kinds]


def test_every_event_that_we_read_is_one_that_the_library_knows() -> None:
    names = {"".join(word.title() for word in event.split("_")) for event in EVENTS}
    assert names <= {name for name in dir(GroupTypes) if name[0] != "_"}
    assert {kind(one) for one in READ.values()} == set(EVENTS)


@pytest.mark.parametrize("name", of("message_new", "message_edit", "message_reply"))
def test_both_read_the_same_message(name: str) -> None:
    item, event = ours(READ[name]), theirs(READ[name])
    message = getattr(event.object, "message", event.object)
    assert item.conv == item.thread == item.sender.external_id == str(message.peer_id)
    assert item.message_id == str(message.conversation_message_id)
    assert (item.event_id, event.group_id) == (event.event_id, 200100)
    assert item.fields.get("title", item.text) == message.text
    replied = message.reply_message
    assert item.reply_to == (str(replied.conversation_message_id) if replied else "")
    assert item.attribution.payload == (message.ref or "")
    assert item.attribution.params.get("ref_source", "") == (message.ref_source or "")
    changed = message.update_time
    assert item.at == (datetime.fromtimestamp(changed, UTC) if changed else message.date)


@pytest.mark.parametrize(
    "name", [one for one in of("message_new", "message_reply") if one != "photo_original"]
)
def test_both_find_the_same_files_and_links(name: str) -> None:
    item, event = ours(READ[name]), theirs(READ[name])
    message = getattr(event.object, "message", event.object)
    pending = list(item.attachments)
    for one in [*(message.attachments or ()), *forwarded(message)]:
        thing = getattr(one, one.type.value)
        if one.type.value in FILES:
            compare(pending.pop(0), one.type.value, thing)
        elif one.type.value in {"video", "wall", "market"}:
            assert f"/{one.type.value}{thing.owner_id}_{thing.id} " in item.fields[one.type.value]
        elif one.type.value == "link":
            assert item.fields["link"] == f"{thing.url} {thing.title}"
    if message.geo:
        where = message.geo.coordinates
        place = pending.pop(0).data
        assert (place["latitude"], place["longitude"]) == (str(where.latitude), str(where.longitude))
    assert pending == []


FILES = {"photo", "doc", "audio_message", "sticker", "graffiti"}


def forwarded(message: Any) -> list[Any]:
    return [thing for inner in message.fwd_messages or () for thing in inner.attachments or ()]


def compare(mine: Attachment, kind: str, his: Any) -> None:
    if kind == "photo":
        assert mine.kind is MediaKind.PHOTO
        assert mine.ref == max(his.sizes, key=lambda size: size.width).url
    elif kind == "doc":
        assert (mine.kind, mine.ref, mine.size) == (MediaKind.FILE, his.url, his.size)
        assert mine.name.lower().endswith("." + his.ext)
    elif kind == "audio_message":
        assert (mine.kind, mine.ref, mine.data["duration"]) == (
            MediaKind.VOICE,
            his.link_ogg,
            str(his.duration),
        )
    elif kind == "sticker":
        assert mine.ref == max(his.images, key=lambda image: image.width).url
        assert mine.data["sticker_id"] == str(his.sticker_id)
    else:
        assert mine.ref == his.url


@pytest.mark.parametrize("name", of("message_event", "message_read", "message_reaction_event"))
def test_both_see_the_same_act_upon_the_same_message(name: str) -> None:
    item, told = ours(READ[name]), theirs(READ[name]).object
    who = next(getattr(told, key) for key in ("user_id", "from_id", "reacted_id") if hasattr(told, key))
    assert (item.sender.external_id, item.conv) == (str(who), str(told.peer_id))
    message = told.cmid if hasattr(told, "cmid") else told.conversation_message_id
    assert item.message_id == str(message)
    if hasattr(told, "payload"):
        assert json.loads(item.text) == told.payload
    if hasattr(told, "reaction_id"):
        assert bool(item.text) == (told.reaction_id is not None)


@pytest.mark.parametrize("name", of("message_allow", "message_deny"))
def test_both_see_who_lets_us_write(name: str) -> None:
    item, told = ours(READ[name]), theirs(READ[name]).object
    assert item.sender.external_id == str(told.user_id)
    assert item.attribution.payload == getattr(told, "key", "")


@pytest.mark.parametrize("name", of("wall_reply_new", "wall_reply_edit", "wall_reply_delete"))
def test_both_read_the_same_comment(name: str) -> None:
    item, told = ours(READ[name]), theirs(READ[name]).object
    who = getattr(told, "from_id", None) or told.deleter_id
    assert (item.sender.external_id, item.message_id) == (str(who), str(told.id))
    assert item.conv == f"wall{told.post_id}_{who}"
    assert item.text == getattr(told, "text", "")
    assert item.reply_to == str(getattr(told, "reply_to_comment", None) or "")


@pytest.mark.parametrize("name", of("lead_forms_new"))
def test_both_read_the_same_lead_form(name: str) -> None:
    item, told = ours(READ[name]), theirs(READ[name]).object
    assert (item.event_id, item.sender.external_id) == (f"lead{told.lead_id}", str(told.user_id))
    assert item.fields["form"] == told.form_name
    answers = {one.question: one.answer for one in told.answers}
    assert {key: item.fields[key] for key in answers} == answers
    assert {item.sender.phone, item.sender.email} <= set(answers.values())


@pytest.mark.parametrize("name", IGNORED)
def test_what_we_ignore_is_an_event_of_vk_s(name: str) -> None:
    assert theirs(ALL[name]).object is not None
    (item,) = VK.parse(ALL[name].source(VK), ALL[name].call)
    assert isinstance(item, Ignored)
