"""What we say to VK, and what its answers mean, also when it lies, breaks or stays away."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from answering import failed
from vk_scene import NOW, TOKEN, Raw, Vk, fails, media, ok, out, scene, with_file

from channels import vk
from channels.vk.outbound import random_id
from leads.events import Attachment, Button, MediaKind, Outgoing, SendCode, Sent, Verb


@pytest.fixture
async def vendor() -> AsyncIterator[Vk]:
    async with scene() as it:
        yield it


# --- requests -----------------------------------------------------------------------------------------------


async def test_a_text_goes_to_its_peer_and_comes_back_with_its_id(vendor: Vk) -> None:
    assert await vendor.send(out("<b>Да</b> & @all", key="row7")) == Sent("6")
    params = vendor.params("messages.send")
    assert params.pop("random_id") == str(random_id("row7"))
    assert json.loads(params.pop("payload")) == {"desk": 1}
    assert params == {"peer_ids": "700", "message": "<b>Да</b> & @all"}


def test_the_random_id_is_made_of_the_key_and_fits_31_bits() -> None:
    numbers = {random_id(f"row{n}") for n in range(1000)}
    assert len(numbers) == 1000
    assert all(0 < number < 2**31 for number in numbers)
    assert random_id("row7") == random_id("row7")
    assert random_id("") == 0


async def test_an_answer_quotes(vendor: Vk) -> None:
    await vendor.send(out(reply_to="5"))
    forward = json.loads(vendor.params("messages.send")["forward"])
    assert forward == {"peer_id": 700, "conversation_message_ids": [5], "is_reply": 1}


async def test_buttons_are_an_inline_keyboard(vendor: Vk) -> None:
    buttons = (Button("Да", "yes:7"), Button("Каталог " * 10, url="https://shop.example"))
    await vendor.send(out(buttons=buttons))
    board = json.loads(vendor.params("messages.send")["keyboard"])
    (yes,), (shop,) = board["buttons"]
    assert board["inline"] is True
    assert (yes["action"]["type"], yes["action"]["label"]) == ("text", "Да")
    assert json.loads(yes["action"]["payload"]) == {"button": "yes:7"}
    assert (shop["action"]["type"], shop["action"]["link"]) == ("open_link", "https://shop.example")
    assert len(shop["action"]["label"]) == 40


@pytest.mark.parametrize(("count", "rows"), [(1, 1), (6, 6), (7, 4), (10, 5)])
async def test_a_keyboard_has_six_rows_at_most(vendor: Vk, count: int, rows: int) -> None:
    await vendor.send(out(buttons=tuple(Button(str(n), str(n)) for n in range(count))))
    board = json.loads(vendor.params("messages.send")["keyboard"])["buttons"]
    assert (len(board), sum(map(len, board))) == (rows, count)
    assert count <= vk.can.buttons


async def test_read_delete_and_typing(vendor: Vk) -> None:
    vendor.answers |= {
        "messages.markAsRead": ok(1),
        "messages.delete": ok([{"peer_id": 700, "conversation_message_id": 6, "response": 1}]),
        "messages.setActivity": [ok(1), fails(901)],
    }
    assert await vendor.send(out("", verb=Verb.READ, target="5")) == Sent("5")
    assert await vendor.send(out("", verb=Verb.DELETE, target="6")) == Sent("6")
    for _ in range(2):
        await vk.typing(vendor.http, vendor.source, "700")
    assert vendor.params("messages.markAsRead") == {"peer_id": "700", "mark_conversation_as_read": "1"}
    assert vendor.params("messages.delete") == {"peer_id": "700", "cmids": "6", "delete_for_all": "1"}
    assert vendor.asked[-1] == ("messages.setActivity", {"peer_id": "700", "type": "typing"})


async def test_an_edit_keeps_the_files(vendor: Vk) -> None:
    photo = {"type": "photo", "photo": {"id": 1, "owner_id": -2, "access_key": "k", "sizes": []}}
    doc = {"type": "doc", "doc": {"id": 3, "owner_id": 4}}
    odd: list[Any] = [{"type": "gift"}, 7, {"type": "poll", "poll": {"id": "x"}}]
    vendor.answers |= {
        "messages.getByConversationMessageId": ok(
            {"count": 1, "items": [{"attachments": [photo, doc, *odd]}]}
        ),
        "messages.edit": ok(1),
    }
    assert await vendor.send(out("new", verb=Verb.EDIT, target="6")) == Sent("6")
    params = vendor.params("messages.edit")
    assert (params["peer_id"], params["cmid"], params["message"]) == ("700", "6", "new")
    assert params["attachment"] == "photo-2_1_k,doc4_3"


@pytest.mark.parametrize("found", [{"items": []}, {"items": None}, [], None, {"items": [{"attachments": 5}]}])
async def test_an_edit_of_a_text_names_no_files(vendor: Vk, found: Any) -> None:
    vendor.answers |= {"messages.getByConversationMessageId": ok(found), "messages.edit": ok(1)}
    await vendor.send(out("new", verb=Verb.EDIT, target="6"))
    assert "attachment" not in vendor.params("messages.edit")


async def test_a_comment_is_answered_under_its_post(vendor: Vk) -> None:
    vendor.answers["wall.createComment"] = ok({"comment_id": 36, "parents_stack": [35]})
    sent = await vendor.send(Outgoing("wall33_35", "19 900 ₽", key="row8"))
    assert sent == Sent("36")
    params = vendor.params("wall.createComment")
    assert params.pop("guid") == str(random_id("row8"))
    us = {"owner_id": "-200100", "from_group": "200100"}
    assert params == us | {"post_id": "33", "reply_to_comment": "35", "message": "19 900 ₽"}


async def test_under_a_post_there_is_text_only(vendor: Vk) -> None:
    place = Outgoing("wall33_35", "x")
    file = replace(place, attachment=Attachment(MediaKind.PHOTO))
    for outgoing in (file, replace(place, buttons=(Button("a", "b"),)), replace(place, verb=Verb.EDIT)):
        assert (await failed(vendor.send(outgoing, media()))).code is SendCode.PERMANENT
    assert await vendor.send(replace(place, verb=Verb.READ, target="35")) == Sent("35")
    assert vendor.asked == []


@pytest.mark.parametrize("recipient", ["", "0", "-5", "@durov", "7 00", "٧٠٠", "7" * 30, "wall1", "wall0_1"])
async def test_only_an_id_is_a_recipient(vendor: Vk, recipient: str) -> None:
    assert (await failed(vendor.send(Outgoing(recipient, "hi")))).code is SendCode.PERMANENT
    await vk.typing(vendor.http, vendor.source, recipient)
    assert vendor.asked == []


@pytest.mark.parametrize("verb", [Verb.EDIT, Verb.DELETE])
async def test_only_a_number_is_a_target(vendor: Vk, verb: Verb) -> None:
    assert (await failed(vendor.send(out(verb=verb, target="6,7")))).code is SendCode.PERMANENT
    assert vendor.asked == []


async def test_what_was_not_promised_is_refused(vendor: Vk) -> None:
    assert (await failed(vendor.send(out("👍", verb=Verb.REACT, target="6")))).code is SendCode.PERMANENT


# --- files --------------------------------------------------------------------------------------------------

PHOTO_STEPS = ["photos.getMessagesUploadServer", "up", "photos.saveMessagesPhoto", "messages.send"]
DOC_STEPS = ["docs.getMessagesUploadServer", "up", "docs.save", "messages.send"]


def takes_photos(vendor: Vk) -> None:
    vendor.answers |= {
        "photos.getMessagesUploadServer": ok({"upload_url": f"{vendor.url}/up", "album_id": -64}),
        "up": {"server": 7, "photo": '[{"x":1}]', "hash": "h"},
        "photos.saveMessagesPhoto": ok([{"id": 1, "owner_id": -200100, "access_key": "k"}]),
    }


def takes_documents(vendor: Vk, kind: str = "doc") -> None:
    vendor.answers |= {
        "docs.getMessagesUploadServer": ok({"upload_url": f"{vendor.url}/up"}),
        "up": {"file": "700|1|f"},
        "docs.save": ok({"type": kind, kind: {"id": 5, "owner_id": 700}}),
    }


async def test_a_photo_is_uploaded_kept_and_named(vendor: Vk) -> None:
    takes_photos(vendor)
    outgoing = with_file(MediaKind.PHOTO, "вот")
    assert await vendor.send(outgoing, media(b"\xff\xd8", "Дом 1.jpg", "image/jpeg")) == Sent("6")
    assert vendor.methods == PHOTO_STEPS
    assert vendor.files == [("photo", "Дом 1.jpg", "image/jpeg", b"\xff\xd8")]
    assert vendor.params("photos.saveMessagesPhoto") == {"server": "7", "photo": '[{"x":1}]', "hash": "h"}
    params = vendor.params("messages.send")
    assert (params["attachment"], params["message"]) == ("photo-200100_1_k", "вот")


@pytest.mark.parametrize(
    ("kind", "type_", "name"),
    [
        (MediaKind.FILE, "doc", "a.pdf"),
        (MediaKind.VIDEO, "doc", "v.mp4"),
        (MediaKind.VOICE, "audio_message", "v.ogg"),
    ],
)
async def test_everything_else_goes_as_a_document(vendor: Vk, kind: MediaKind, type_: str, name: str) -> None:
    takes_documents(vendor, type_)
    await vendor.send(with_file(kind), media(b"one", name))
    assert vendor.methods == DOC_STEPS
    assert vendor.params("docs.getMessagesUploadServer") == {"type": type_, "peer_id": "700"}
    assert vendor.params("docs.save") == {"file": "700|1|f", "title": name}
    assert vendor.files[0][:2] == ("file", name)
    assert "message" not in vendor.params("messages.send")
    assert vendor.params("messages.send")["attachment"] == f"{type_}700_5"


async def test_a_name_and_a_type_cannot_add_headers(vendor: Vk) -> None:
    takes_documents(vendor)
    nasty = media(b"x", 'a"; name="text"\r\nX: \ud83d../b', "text/html\r\nX: y")
    await vendor.send(with_file(MediaKind.FILE), nasty)
    ((_, name, mime, raw),) = vendor.files
    assert (mime, raw) == ("application/octet-stream", b"x")
    assert not set('"\r\n/') & set(name)


async def test_a_file_without_an_ending_gets_that_of_its_type(vendor: Vk) -> None:
    takes_documents(vendor, "audio_message")
    await vendor.send(with_file(MediaKind.VOICE), media(b"x", "", "audio/ogg"))
    assert vendor.files[0][1] == "file.ogg"


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("photos.getMessagesUploadServer", fails(100, "One of the parameters")),
        ("photos.getMessagesUploadServer", fails(7, "Permission to perform this action is denied")),
        ("up", {"server": 7, "photo": "[]", "hash": "h"}),
        ("up", Raw("too large", 413)),
        ("photos.saveMessagesPhoto", fails(129, "Invalid photo")),
    ],
)
async def test_what_vk_says_of_a_file_is_bad_media(vendor: Vk, method: str, answer: Any) -> None:
    takes_photos(vendor)
    vendor.answers[method] = answer
    error = await failed(vendor.send(with_file(MediaKind.PHOTO), media()))
    assert error.code is SendCode.BAD_MEDIA
    assert "messages.send" not in vendor.methods


@pytest.mark.parametrize("answer", [{"error": "no_file", "error_descr": "File is too large"}, {"file": None}])
async def test_a_document_that_is_not_taken(vendor: Vk, answer: Any) -> None:
    takes_documents(vendor)
    vendor.answers["up"] = answer
    error = await failed(vendor.send(with_file(MediaKind.FILE), media()))
    assert error.code is SendCode.BAD_MEDIA
    assert error.detail == answer.get("error_descr", "VK did not take the file")


@pytest.mark.parametrize(
    ("method", "answer", "code"),
    [
        ("photos.getMessagesUploadServer", ok({}), SendCode.UNAVAILABLE),
        ("photos.getMessagesUploadServer", fails(5, "User authorization failed"), SendCode.MISCONFIGURED),
        ("up", Raw("<html>", 502), SendCode.UNAVAILABLE),
        ("up", [[1]], SendCode.UNAVAILABLE),
        ("up", "lost", SendCode.UNAVAILABLE),
        ("photos.saveMessagesPhoto", ok([]), SendCode.UNAVAILABLE),
        ("photos.saveMessagesPhoto", fails(6, "Too many requests per second"), SendCode.RETRY),
    ],
)
async def test_an_upload_that_breaks_is_no_verdict_on_the_file(
    vendor: Vk, method: str, answer: Any, code: SendCode
) -> None:
    takes_photos(vendor)
    vendor.answers[method] = answer
    assert (await failed(vendor.send(with_file(MediaKind.PHOTO), media()))).code is code


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/up", "https://10.0.0.1/up", "ftp://pu.vk.example/", "//pu.vk.example", "::", ""]
)
async def test_files_go_to_no_address_that_is_not_safe(vendor: Vk, url: str) -> None:
    takes_photos(vendor)
    vendor.answers["photos.getMessagesUploadServer"] = ok({"upload_url": url})
    error = await failed(vendor.send(with_file(MediaKind.PHOTO), media()))
    assert (error.code, vendor.methods) == (SendCode.BAD_MEDIA, ["photos.getMessagesUploadServer"])
    assert error.detail.startswith("file: the link ")


async def test_what_cannot_go_is_not_tried(vendor: Vk) -> None:
    large = replace(media(), size=50 * 1024 * 1024 + 1)
    for given in (None, large):
        assert (await failed(vendor.send(with_file(MediaKind.PHOTO), given))).code is SendCode.BAD_MEDIA
    assert vendor.asked == []


async def test_a_customers_file_is_fetched_from_its_address(vendor: Vk) -> None:
    vendor.answers["doc"] = Raw(b"%PDF", headers={"Content-Type": "application/pdf"})
    wanted = Attachment(MediaKind.FILE, f"{vendor.url}/doc?hash=h", "План.pdf")
    got = await vk.fetch_media(vendor.http, vendor.source, wanted)
    assert (got.name, got.size, b"".join([part async for part in got.chunks])) == ("План.pdf", 4, b"%PDF")
    without = vk.fetch_media(vendor.http, vendor.source, Attachment(MediaKind.PHOTO))
    assert (await failed(without)).code is SendCode.BAD_MEDIA


# --- failures -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        *((code, SendCode.RETRY) for code in (1, 6, 9, 10, 29, 32, 36)),
        *((code, SendCode.BLOCKED) for code in (18, 30, 900, 901, 902, 3610)),
        *((code, SendCode.WINDOW_CLOSED) for code in (950, 987, 988)),
        *((code, SendCode.MISCONFIGURED) for code in (5, 7, 14, 15, 17, 27, 28, 203, 3300, 3301)),
        *((code, SendCode.PERMANENT) for code in (0, 3, 100, 104, 113, 911, 913, 921, 936, 945, 946, 99999)),
        (914, SendCode.TOO_LONG),
    ],
)
async def test_each_failure_has_its_meaning(vendor: Vk, code: int, expected: SendCode) -> None:
    vendor.answers["messages.send"] = fails(code, "in VK's own words")
    error = await failed(vendor.send(out()))
    assert error.code is expected
    assert error.detail == f"messages.send: {code} in VK's own words"
    assert (error.retry_after is not None) == (expected is SendCode.RETRY)


async def test_a_failure_of_the_one_recipient(vendor: Vk) -> None:
    refused = {"peer_id": 700, "message_id": 0, "error": {"code": 901, "description": "without permission"}}
    vendor.answers["messages.send"] = ok([refused])
    error = await failed(vendor.send(out()))
    assert (error.code, error.detail) == (SendCode.BLOCKED, "messages.send: 901 without permission")


@pytest.mark.parametrize("code", [7, 15, 203, 924])
async def test_an_old_message_that_may_not_be_changed_does_not_stop_the_source(vendor: Vk, code: int) -> None:
    vendor.answers |= {
        "messages.delete": fails(code, "Access denied"),
        "messages.getByConversationMessageId": ok({"items": []}),
        "messages.edit": fails(code, "Access denied"),
        "wall.createComment": fails(code, "Access denied"),
    }
    for outgoing in (
        out(verb=Verb.DELETE, target="6"),
        out(verb=Verb.EDIT, target="6"),
        Outgoing("wall1_2", "x"),
    ):
        assert (await failed(vendor.send(outgoing))).code is SendCode.PERMANENT


async def test_a_deletion_that_failed_for_this_message(vendor: Vk) -> None:
    vendor.answers["messages.delete"] = ok(
        [{"peer_id": 700, "error": {"code": 924, "description": "too late"}}]
    )
    error = await failed(vendor.send(out(verb=Verb.DELETE, target="6")))
    assert (error.code, error.detail) == (SendCode.PERMANENT, "messages.delete: 924 too late")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Raw("<html>maintenance</html>"), SendCode.UNAVAILABLE),
        (Raw(b"[" * 100_000), SendCode.UNAVAILABLE),
        (Raw(b" " * (2 << 20)), SendCode.UNAVAILABLE),
        (Raw("[1]"), SendCode.UNAVAILABLE),
        (Raw('{"error": "no"}'), SendCode.UNAVAILABLE),
        (Raw('{"error": {"error_code": {"a": 1}}}'), SendCode.PERMANENT),
        (Raw(status=503), SendCode.UNAVAILABLE),
        (Raw(status=429, headers={"Retry-After": "3"}), SendCode.RETRY),
        (Raw('{"error": {"error_code": 5, "error_msg": "x"}}', 401), SendCode.MISCONFIGURED),
        (Raw(status=302, headers={"Location": "/elsewhere"}), SendCode.MISCONFIGURED),
        ("lost", SendCode.UNAVAILABLE),
    ],
)
async def test_an_odd_answer_is_no_success(vendor: Vk, answer: Any, expected: SendCode) -> None:
    vendor.answers["messages.send"] = answer
    assert (await failed(vendor.send(out()))).code is expected
    assert len(vendor.asked) == 1


@pytest.mark.parametrize("result", [42, [], None, ["x"], [{"conversation_message_id": "soon"}]])
async def test_a_response_is_sent_whatever_it_holds(vendor: Vk, result: Any) -> None:
    vendor.answers["messages.send"] = ok(result)
    assert await vendor.send(out()) == Sent("")


@pytest.mark.parametrize(
    "answer",
    [
        Raw(status=404, body=f"<h1>access_token={TOKEN}</h1>"),
        Raw(status=302, headers={"Location": f"http://127.0.0.1:1/?access_token={TOKEN}"}),
        fails(100, f"wrong token {TOKEN}"),
        "lost",
    ],
)
async def test_the_token_is_in_no_error_and_no_log(
    vendor: Vk, answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    attempts: list[Callable[[], Awaitable[object]]] = [
        lambda: vendor.send(out()),
        lambda: vendor.send(with_file(MediaKind.PHOTO), media()),
        lambda: vk.poll(vendor.http, vendor.source, "", lambda: NOW),
        lambda: vk.probe(vendor.http, vendor.source),
        lambda: vk.profile(vendor.http, vendor.source, "700"),
        lambda: vk.register(vendor.http, vendor.source, "https://desk.example/in/vk/shop"),
    ]
    everything = ("messages.send", "photos.getMessagesUploadServer", "groups.setLongPollSettings")
    everything += ("groups.getById", "users.get", "groups.getCallbackServers")
    vendor.answers = dict.fromkeys(everything, answer)
    for attempt in attempts:
        error = await failed(attempt())
        assert "canary" not in "".join(traceback.format_exception(error)) + repr(error) + error.detail
    ours = [record.getMessage() for record in caplog.records if record.name != "aiohttp.access"]
    assert not [line for line in ours if "canary" in line]


async def test_nobody_at_home(vendor: Vk) -> None:
    nowhere = replace(vendor.source, api_base="http://127.0.0.1:1")
    assert (await failed(vk.send(vendor.http, nowhere, out(), None))).code is SendCode.UNAVAILABLE
