"""What aiogram would never send: malformed, misspelt, badly encoded calls over plain HTTP."""

import json

import pytest
from aiogram.types import InlineKeyboardMarkup, User
from aiohttp import ClientSession, FormData
from sandbox_cast import ANN, TOKEN, Call

from sandbox.model import Bot, Json
from sandbox.proof import prove
from sandbox.world import World


@pytest.fixture(autouse=True)
def started(world: World, bot: Bot) -> None:
    world.chat(bot, ANN).started = True


async def test_errors_have_telegrams_shape_and_status(call: Call) -> None:
    assert await call("getMe", token="1:wrong") == (
        401,
        {"ok": False, "error_code": 401, "description": "Unauthorized"},
    )
    assert (await call("getYou"))[0] == 404
    status, answer = await call("sendPoll", chat_id=ANN)
    assert (status, answer["error_code"]) == (501, 501)
    assert "sendPoll" in answer["description"]


async def test_method_names_ignore_case_and_get_works_too(http: ClientSession, url: str, bot: Bot) -> None:
    query = {"chat_id": str(ANN), "text": "<i>hi</i>", "parse_mode": "html"}
    async with http.get(f"{url}/bot{TOKEN}/SENDMESSAGE", params=query) as answer:
        result = (await answer.json())["result"]
    assert (result["text"], result["entities"][0]["type"]) == ("hi", "italic")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"chat_id": ANN, "txt": "x"}, "message text is empty"),
        ({"chat_id": ANN, "text": ""}, "message text is empty"),
        ({"chat_id": ANN, "text": " \n\u202e "}, "message text is empty"),
        ({"text": "x"}, "chat_id is empty"),
        ({"chat_id": ANN, "text": "x", "parsemode": "HTML"}, 'unknown parameter "parsemode"'),
        ({"chat_id": ANN, "text": "x", "parse_mode": "BBCode"}, "unsupported parse_mode"),
        ({"chat_id": ANN, "text": "x", "entities": "[{"}, "can't parse entities JSON object"),
        ({"chat_id": ANN, "text": "x", "message_thread_id": "soon"}, 'invalid parameter "message_thread_id"'),
        (
            {
                "chat_id": ANN,
                "text": "x",
                "reply_markup": {"inline_keyboard": [[{"text": "a", "data": "b"}]]},
            },
            'unknown parameter "reply_markup.inline_keyboard.data"',
        ),
        (
            {"chat_id": ANN, "text": "x", "reply_parameters": {"message_id": 1, "allow_without": True}},
            'unknown parameter "reply_parameters.allow_without"',
        ),
        ({"chat_id": ANN, "text": "x" * 4097}, "message is too long"),
        ({"chat_id": ANN, "text": "cut \ud83d"}, "strings must be encoded in UTF-8"),
    ],
)
async def test_what_telegram_ignores_or_refuses_is_refused(
    call: Call, world: World, bot: Bot, given: Json, why: str
) -> None:
    status, answer = await call("sendMessage", **given)
    assert status == 400
    assert answer["description"].startswith(f"Bad Request: {why}")
    assert not world.chat(bot, ANN).messages


def entity(kind: str, offset: int, length: int) -> Json:
    return {"type": kind, "offset": offset, "length": length}


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (entity("bold", 0, 6), "entity beginning at UTF-16 offset 0 ends after the end of the text"),
        (entity("bold", -1, 2), "receive an entity with incorrect offset -1"),
        (entity("bold", 0, -2), "receive an entity with incorrect length -2"),
        (entity("bold", 0, 2), "entity begins or ends in a middle of a UTF-16 symbol"),
        (entity("bold", 2, 1), "entity begins or ends in a middle of a UTF-16 symbol"),
        (entity("huge", 0, 1), "can't parse MessageEntity: unsupported type huge"),
    ],
)
async def test_entities_must_fit_the_text(call: Call, one: Json, why: str) -> None:
    status, answer = await call("sendMessage", chat_id=ANN, text="a😀bc", entities=[one])
    assert (status, answer["description"][: 13 + len(why)]) == (400, f"Bad Request: {why}")


async def test_entities_move_with_the_trimmed_text(call: Call) -> None:
    given = [entity("bold", 0, 4), entity("italic", 5, 4)]
    _, answer = await call("sendMessage", chat_id=ANN, text="  😀 ab  ", entities=given)
    assert answer["result"]["text"] == "😀 ab"
    assert answer["result"]["entities"] == [entity("bold", 0, 2), entity("italic", 3, 2)]


async def test_nested_values_may_be_json_in_forms_and_plain_in_json(
    http: ClientSession, url: str, bot: Bot, call: Call
) -> None:
    markup = {"inline_keyboard": [[{"text": "a", "callback_data": "b"}]]}
    form = {"chat_id": str(ANN), "text": "x", "protect_content": "true", "reply_markup": json.dumps(markup)}
    async with http.post(f"{url}/bot{TOKEN}/sendMessage", data=form) as answer:
        from_form = (await answer.json())["result"]
    _, from_json = await call(
        "sendMessage", chat_id=ANN, text="x", protect_content=True, reply_markup=markup, entities=None
    )
    assert from_form | {"message_id": 2} == from_json["result"]
    assert from_form["reply_markup"] == markup


@pytest.mark.parametrize(
    ("body", "kind", "why"),
    [
        (b"[1]", "application/json", "can't parse request body as a JSON object"),
        (b"{", "application/json", "can't parse request body"),
        (b"\xff\xfe{", "application/json", "strings must be encoded in UTF-8"),
        (b"text=\xff", "application/x-www-form-urlencoded", "strings must be encoded in UTF-8"),
    ],
)
async def test_unreadable_bodies(
    http: ClientSession, url: str, bot: Bot, body: bytes, kind: str, why: str
) -> None:
    headers = {"Content-Type": kind}
    async with http.post(f"{url}/bot{TOKEN}/sendMessage", data=body, headers=headers) as answer:
        assert (answer.status, (await answer.json())["description"]) == (400, f"Bad Request: {why}")


async def test_multipart_without_files_is_read_as_well(http: ClientSession, url: str, bot: Bot) -> None:
    form = FormData(default_to_multipart=True)
    form.add_field("chat_id", str(ANN))
    form.add_field("text", "x")
    async with http.post(f"{url}/bot{TOKEN}/sendMessage", data=form) as answer:
        assert (await answer.json())["result"]["text"] == "x"


@pytest.mark.parametrize("flaw", [{"first_name": None}, {"nick": "A"}, {"id": "one"}])
def test_the_proof_refuses_what_is_missing_unknown_or_of_another_type(flaw: Json) -> None:
    right = {"id": 1, "is_bot": False, "first_name": "A"}
    prove(User, right)
    with pytest.raises(ValueError, match=next(iter(flaw))):
        prove(User, right | flaw)


def test_the_proof_looks_into_nested_lists() -> None:
    markup = {"inline_keyboard": [[{"text": "a", "callback_data": "b"}], [{"text": "a", "colour": "red"}]]}
    with pytest.raises(ValueError, match=r"inline_keyboard\.colour"):
        prove(InlineKeyboardMarkup, markup)
