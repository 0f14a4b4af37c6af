"""What managers write: to whom it goes, as what, and what edits change."""

from __future__ import annotations

from typing import Any

import pytest
from aiogram.types import Message
from desk_scene import ANN, BOB, Scene

from bot.drafting import drafted
from leads.changes import ToManager, View
from leads.events import Attachment, MediaKind, Span
from leads.model import DeskUse, Direction

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(params=[False, True], ids=["replying", "topics"])
def topics(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


async def newest(scene: Scene) -> Any:
    return (await scene.store.messages(scene.lead))[-1]


async def test_text_goes_to_the_customer(scene: Scene) -> None:
    wrote = await scene.answers_card("Здравствуйте 👋")
    (row,) = scene.to_customers
    assert (row.outgoing.recipient, row.outgoing.text) == ("Clara", "Здравствуйте 👋")
    assert row.message_id == (await newest(scene)).id
    assert (await scene.lead_now()).unanswered_since is None
    place = await scene.store.desk_message(ANN, wrote["message_id"])
    assert place
    assert (place.use, place.topic_id, place.lead_id) == (DeskUse.REPLY, scene.topic, scene.lead)


async def test_a_topic_is_enough_and_without_one_a_reply_is_needed(scene: Scene) -> None:
    await scene.says(ANN, "Good day")
    if scene.topic:
        assert [row.outgoing.text for row in scene.to_customers] == ["Good day"]
        assert scene.to_customers[0].outgoing.reply_to == ""
    else:
        assert (scene.said, scene.to_customers) == (["not-a-lead"], [])


async def test_the_quoted_message_is_quoted(scene: Scene) -> None:
    first = await scene.answers_card("one")
    await scene.answers_card("two")
    await scene.says(ANN, "three", reply_to=first["message_id"])
    reply = await newest(scene)
    quoted = await scene.store.message(reply.reply_to_id)
    assert quoted
    assert quoted.text == "one"


async def test_formatting_comes_along_and_the_rest_stays_text(scene: Scene) -> None:
    entities = [
        {"type": "bold", "offset": 0, "length": 2},
        {"type": "text_link", "offset": 3, "length": 4, "url": "https://example.com/"},
        {"type": "hashtag", "offset": 8, "length": 4},
    ]
    await scene.answers_card("👋 link #tag", entities=entities)
    (row,) = scene.to_customers
    assert row.outgoing.spans == (Span("bold", 0, 2), Span("link", 3, 4, "https://example.com/"))


async def test_a_note_stays_at_the_desk(scene: Scene) -> None:
    await scene.answers_card("// wants a discount")
    assert scene.to_customers == []
    note = await newest(scene)
    assert (note.direction, note.text) == (Direction.NOTE, "wants a discount")


@pytest.mark.parametrize(
    ("content", "kind", "name"),
    [
        ({"photo": PNG}, MediaKind.PHOTO, ""),
        ({"document": ("прайс.pdf", "application/pdf", b"%PDF")}, MediaKind.FILE, "прайс.pdf"),
        ({"voice": b"OggS"}, MediaKind.VOICE, ""),
    ],
)
async def test_files_go_too(scene: Scene, content: dict[str, Any], kind: MediaKind, name: str) -> None:
    await scene.answers_card(None, caption="see this", **content)
    (row,) = [each for each in scene.to_customers if each.outgoing.attachment]
    attachment = row.outgoing.attachment
    assert attachment
    assert (attachment.kind, attachment.name) == (kind, name)
    assert attachment.ref.startswith("desk:")
    file = await scene.bot.get_file(attachment.ref.removeprefix("desk:"))
    assert attachment.size == file.file_size
    assert any(each.outgoing.text == "see this" for each in scene.to_customers)


async def test_an_album_goes_one_by_one(scene: Scene) -> None:
    for _ in range(2):
        await scene.answers_card(None, photo=PNG, media_group_id="7")
        assert len(scene.to_customers) == 1


async def test_of_a_sticker_its_emoji_goes(scene: Scene) -> None:
    await scene.answers_card(None, sticker="👍")
    assert [row.outgoing.text for row in scene.to_customers] == ["👍"]


@pytest.mark.parametrize(
    "content", [{"location": (56.9, 24.1)}, {"contact": {"phone_number": "+371", "first_name": "X"}}]
)
async def test_what_cannot_be_passed_on_is_said(scene: Scene, content: dict[str, Any]) -> None:
    await scene.answers_card(None, **content)
    assert (scene.said, scene.to_customers) == (["not-sendable"], [])


async def test_a_video_that_the_channel_does_not_take_is_said(scene: Scene) -> None:
    await scene.answers_card(None, video=b"\0\0\0\x18ftypmp42")
    assert scene.said == ["refused-media"]
    assert scene.to_customers == []


async def test_an_unknown_command_never_reaches_the_customer(scene: Scene) -> None:
    await scene.answers_card("/discount 10")
    assert (scene.said, scene.to_customers) == (["unknown-command"], [])


async def test_edits_of_replies_and_notes_follow(scene: Scene) -> None:
    for text, changed in (("Helo", "Hello"), ("//cheap", "//dear")):
        wrote = await scene.answers_card(text)
        scene.world.user_edits(scene.telegram, ANN, wrote["message_id"], text=changed)
        await scene.now_handled()
        message = await newest(scene)
        assert (message.text, message.former) == (changed.strip("/"), (text.strip("/"),))
        edits = [row.outgoing for row in scene.to_customers]
        assert [edit.text for edit in edits] == ([changed] if message.direction is Direction.OUT else [])
        assert all(edit.target for edit in edits)


async def test_edits_of_anything_else_mean_nothing(scene: Scene) -> None:
    wrote = await scene.says(ANN, "/help")
    scene.world.user_edits(scene.telegram, ANN, wrote["message_id"], text="/helpp")
    await scene.now_handled()
    assert scene.outbox == []


async def test_another_managers_reply_takes_the_lead(scene: Scene) -> None:
    await scene.says(BOB, f"/lead {scene.lead}")
    await scene.change_lead(manager_id=scene.bob.id)
    await scene.answers_card("I know her")
    assert (await scene.lead_now()).manager_id == scene.ann.id
    assert {row.chat_id for row in scene.to_managers(View.MOVED)} == {BOB}


async def test_reactions_of_managers_are_not_told_to_anybody(scene: Scene) -> None:
    scene.world.user_reacts(scene.telegram, ANN, scene.card, "👍")
    await scene.now_handled()
    assert scene.outbox == []


@pytest.mark.parametrize("text", ["/help", "/nonsense", "/remind"])
async def test_answers_come_in_the_topic_where_they_were_asked(scene: Scene, text: str) -> None:
    asked = await scene.answers_card(text)
    (row,) = scene.outbox
    assert isinstance(row, ToManager)
    assert (row.topic_id, row.reply_to) == (scene.topic, asked["message_id"])


FILE = {"file_id": "big", "file_unique_id": "u", "file_size": 2048}
SIZE = {"width": 90, "height": 90, "duration": 1, "length": 90}


@pytest.mark.parametrize(
    ("content", "attachment"),
    [
        (
            {"photo": [{**FILE, **SIZE, "width": 900}, {**FILE, **SIZE, "file_id": "small"}]},
            Attachment(MediaKind.PHOTO, "desk:big", "", "image/jpeg", 2048),
        ),
        (
            {
                "animation": {**FILE, **SIZE, "mime_type": "video/mp4", "file_name": "cat.mp4"},
                "document": {**FILE, "mime_type": "video/mp4", "file_name": "cat.mp4"},
            },
            Attachment(MediaKind.VIDEO, "desk:big", "cat.mp4", "video/mp4", 2048),
        ),
        ({"video_note": {**FILE, **SIZE}}, Attachment(MediaKind.VIDEO, "desk:big", "", "video/mp4", 2048)),
        (
            {"audio": {**FILE, **SIZE, "mime_type": "audio/mpeg", "file_name": "jingle.mp3"}},
            Attachment(MediaKind.AUDIO, "desk:big", "jingle.mp3", "audio/mpeg", 2048),
        ),
    ],
    ids=["photo", "animation", "video_note", "audio"],
)
def test_what_a_file_becomes(content: dict[str, Any], attachment: Attachment) -> None:
    chat = {"id": ANN, "type": "private"}
    message = Message.model_validate({"message_id": 5, "date": 1, "chat": chat, "caption": "see", **content})
    draft = drafted(message, 7, 4)
    assert draft
    assert draft.attachments == (attachment,)
    assert (draft.text, draft.chat_id, draft.desk_id, draft.topic_id, draft.quoted) == ("see", ANN, 5, 7, 4)
