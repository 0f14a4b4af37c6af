"""How VK's events reach us: callback server or long poll; and who is who."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from answering import failed
from vk_scene import NOW, SECRET, SETTINGS, Raw, Vk, fails, ok, scene

from channels import vk
from channels.kit.contract import Ignored
from channels.vk.inbound import EVENTS
from leads.events import Attachment, MediaKind, Profile, SendCode

URL = "https://desk.example/in/vk/shop"


@pytest.fixture
async def vendor() -> AsyncIterator[Vk]:
    async with scene() as it:
        yield it


# --- the long poll ------------------------------------------------------------------------------------------


def polls(vendor: Vk, *pages: Any, ts: str = "12") -> None:
    vendor.answers |= {
        "groups.setLongPollSettings": ok(1),
        "groups.getLongPollServer": ok({"server": f"{vendor.url}/lp", "key": "k3y", "ts": ts}),
        "lp": list(pages),
    }


async def poll(vendor: Vk, cursor: str) -> tuple[list[Any], str]:
    calls, cursor = await vk.poll(vendor.http, vendor.source, cursor, lambda: NOW)
    assert all((call.method, call.received_at) == ("POLL", NOW) for call in calls)
    return [json.loads(call.body) for call in calls], cursor


async def test_the_first_poll_switches_it_on_and_only_keeps_the_place(vendor: Vk) -> None:
    """What comes between this poll and the next is not lost: the next one begins here."""
    polls(vendor)
    (marker,), cursor = await poll(vendor, "")
    assert cursor == "12"
    call = (await vk.poll(vendor.http, vendor.source, "", lambda: NOW))[0][0]
    assert vk.parse(vendor.source, call) == [Ignored(marker["type"])]
    told = next(params for method, params in vendor.asked if method == "groups.setLongPollSettings")
    assert (told["group_id"], told["enabled"], told["api_version"]) == ("200100", "1", "5.199")
    assert all(told[event] == "1" for event in EVENTS)
    assert "lp" not in vendor.methods


async def test_a_poll_gives_raw_events_and_the_next_place(vendor: Vk) -> None:
    updates = [{"type": "message_new", "object": {"hologram": "\ud83d"}}, "odd", {"type": "group_join"}]
    polls(vendor, {"ts": "15", "updates": updates}, {"ts": "15", "updates": []})
    assert await poll(vendor, "12") == (updates, "15")
    assert await poll(vendor, "15") == ([], "15")
    asked = [params for method, params in vendor.asked if method == "lp"]
    assert asked[0] == {"act": "a_check", "key": "k3y", "ts": "12", "wait": "25"}
    assert asked[1]["ts"] == "15"
    assert "groups.setLongPollSettings" not in vendor.methods


async def test_ten_thousand_events_that_waited_come_at_once(vendor: Vk) -> None:
    event = {"type": "message_new", "event_id": "e", "object": {"message": {"text": "x" * 300}}}
    polls(vendor, {"ts": "99", "updates": [event] * 10_000})
    events, cursor = await poll(vendor, "12")
    assert (len(events), cursor) == (10_000, "99")


@pytest.mark.parametrize(("answer", "cursor"), [({"failed": 1, "ts": 30}, "30"), ({"failed": 3}, "12")])
async def test_a_history_that_is_gone_is_said_and_left_behind(
    vendor: Vk, answer: Any, cursor: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The marker carries the new place into the store: a page without events would not."""
    polls(vendor, answer)
    assert await poll(vendor, "5") == ([{"type": "poll_lost_events"}], cursor)
    assert "events may be lost" in caplog.text


@pytest.mark.parametrize(
    "answer",
    [{"failed": 2}, {"failed": 4}, {"ts": "5"}, {"updates": 5}, [], Raw("<html>"), Raw(status=502), "lost"],
)
async def test_a_poll_that_gives_nothing_is_a_failure_not_a_busy_loop(vendor: Vk, answer: Any) -> None:
    polls(vendor, answer)
    assert (await failed(poll(vendor, "5"))).code is SendCode.UNAVAILABLE


@pytest.mark.parametrize(
    ("server", "code"),
    [
        (ok({"server": "http://10.0.0.1/lp", "key": "k", "ts": "1"}), SendCode.BAD_MEDIA),
        (ok({"server": "https://10.0.0.1/lp", "key": "k", "ts": "1"}), SendCode.BAD_MEDIA),
        (ok({"server": "::", "key": "k", "ts": "1"}), SendCode.BAD_MEDIA),
        (ok({"key": "k"}), SendCode.UNAVAILABLE),
        (fails(15, "Access denied: group_id"), SendCode.MISCONFIGURED),
    ],
)
async def test_only_a_server_of_vk_s_is_polled(vendor: Vk, server: Any, code: SendCode) -> None:
    polls(vendor)
    vendor.answers["groups.getLongPollServer"] = server
    assert (await failed(poll(vendor, "5"))).code is code
    assert "lp" not in vendor.methods


# --- the callback server ------------------------------------------------------------------------------------

WANTS = "VK wants another string: frontdesk source rotate shop --set confirmation="
ALL_ON = ok({"api_version": "5.199", "events": dict.fromkeys(EVENTS, 1)})


def server(**more: Any) -> dict[str, Any]:
    ours = {"id": 3, "title": "Frontdesk", "creator_id": 1, "url": URL, "secret_key": SECRET, "status": "ok"}
    return ours | more


def knows(vendor: Vk, *servers: Any, code: str = "a1b2c3") -> None:
    vendor.answers |= {
        "groups.getCallbackConfirmationCode": ok({"code": code}),
        "groups.getCallbackServers": ok({"count": len(servers), "items": list(servers)}),
        "groups.addCallbackServer": ok({"server_id": 4}),
        "groups.editCallbackServer": ok(1),
        "groups.setCallbackSettings": ok(1),
        "groups.getCallbackSettings": ALL_ON,
    }


async def test_a_server_is_added_with_our_secret_and_events(vendor: Vk) -> None:
    knows(vendor, server(url="https://other.example/vk"))
    await vk.register(vendor.http, vendor.source, URL)
    added = vendor.params("groups.addCallbackServer")
    assert added == {"group_id": "200100", "url": URL, "title": "Frontdesk", "secret_key": SECRET}
    told = vendor.params("groups.setCallbackSettings")
    assert (told["server_id"], told["api_version"]) == ("4", "5.199")
    assert all(told[event] == "1" for event in EVENTS)


async def test_a_server_that_is_there_gets_our_secret(vendor: Vk) -> None:
    knows(vendor, server(secret_key="an older one"))
    await vk.register(vendor.http, vendor.source, URL)
    assert "groups.addCallbackServer" not in vendor.methods
    assert vendor.params("groups.editCallbackServer")["secret_key"] == SECRET
    assert vendor.params("groups.setCallbackSettings")["server_id"] == "3"


async def test_a_server_that_is_right_is_left_alone(vendor: Vk) -> None:
    """The string may be another one by now: who is confirmed stays so until the next edit."""
    knows(vendor, server(), code="zzz999")
    await vk.register(vendor.http, vendor.source, URL)
    assert vendor.methods == ["groups.getCallbackServers", "groups.setCallbackSettings"]


async def test_a_server_that_was_never_confirmed_is_tried_again(vendor: Vk) -> None:
    knows(vendor, server(status="failed"))
    await vk.register(vendor.http, vendor.source, URL)
    assert "groups.editCallbackServer" in vendor.methods


async def test_without_the_right_confirmation_nothing_is_registered(vendor: Vk) -> None:
    knows(vendor, code="zzz999")
    error = await failed(vk.register(vendor.http, vendor.source, URL))
    assert error.code is SendCode.MISCONFIGURED
    assert error.detail == f"{WANTS}zzz999"
    assert vendor.methods == ["groups.getCallbackServers", "groups.getCallbackConfirmationCode"]


@pytest.mark.parametrize(
    ("servers", "code", "events", "why"),
    [
        ([server()], "a1b2c3", ALL_ON, ""),
        ([], "a1b2c3", ALL_ON, "no callback server has this address"),
        ([], "zzz999", ALL_ON, f"{WANTS}zzz999"),
        ([server(secret_key="x")], "a1b2c3", ALL_ON, "the secret key at VK is another one"),
        ([server(secret_key="")], "a1b2c3", ALL_ON, "the secret key at VK is another one"),
        ([server(status="wait")], "a1b2c3", ALL_ON, "VK calls the callback server wait"),
        ([server(status="failed")], "zz", ALL_ON, f"{WANTS}zz"),
        (
            [server()],
            "a1b2c3",
            ok({"events": dict.fromkeys(EVENTS, 1) | {"message_new": 0}}),
            "not switched on: message_new",
        ),
        ([server()], "a1b2c3", ok([]), f"not switched on: {', '.join(EVENTS)}"),
    ],
)
async def test_check_says_what_keeps_vk_from_pushing(
    vendor: Vk, servers: list[Any], code: str, events: Any, why: str
) -> None:
    knows(vendor, *servers, code=code)
    vendor.answers["groups.getCallbackSettings"] = events
    assert await vk.registered(vendor.http, vendor.source, URL) == why


@pytest.mark.parametrize("answer", [ok({}), ok(None), ok({"items": [{"url": URL}]}), Raw("x")])
async def test_odd_servers_are_no_verdict(vendor: Vk, answer: Any) -> None:
    knows(vendor)
    vendor.answers["groups.getCallbackServers"] = answer
    assert (await failed(vk.registered(vendor.http, vendor.source, URL))).code is SendCode.UNAVAILABLE


async def test_a_server_without_a_number_is_no_success(vendor: Vk) -> None:
    knows(vendor)
    vendor.answers["groups.addCallbackServer"] = ok({})
    assert (await failed(vk.register(vendor.http, vendor.source, URL))).code is SendCode.UNAVAILABLE


def test_a_secret_is_made_and_fits_vk_s_field() -> None:
    given = {key: value for key, value in SETTINGS.items() if key in {"group_id", "token"}}
    one, two = (vk.settings.model_validate(given).secret.get_secret_value() for _ in range(2))
    assert one != two
    assert one.isalnum()
    assert 30 <= len(one) <= 50


# --- who is who ---------------------------------------------------------------------------------------------


async def test_a_person_has_a_name_and_a_picture(vendor: Vk) -> None:
    person = {"id": 700, "first_name": "Анна", "last_name": "Кузнецова", "screen_name": "anna_k"}
    vendor.answers["users.get"] = ok([person | {"photo_200": "https://sun.example/200.jpg"}])
    got = await vk.profile(vendor.http, vendor.source, "700")
    picture = Attachment(MediaKind.PHOTO, "https://sun.example/200.jpg", "avatar.jpg")
    assert got == Profile("Анна Кузнецова", "anna_k", avatar=picture)
    assert vendor.params("users.get") == {"user_ids": "700", "fields": "screen_name,photo_200"}


async def test_a_person_of_whom_little_is_known(vendor: Vk) -> None:
    vendor.answers["users.get"] = ok([{"first_name": "DELETED", "last_name": "", "screen_name": "id700"}])
    assert await vk.profile(vendor.http, vendor.source, "700") == Profile("DELETED")
    for answer in ([], None, ["x"]):
        vendor.answers["users.get"] = ok(answer)
        assert (await failed(vk.profile(vendor.http, vendor.source, "700"))).code is SendCode.PERMANENT
    assert (await failed(vk.profile(vendor.http, vendor.source, "-5"))).code is SendCode.PERMANENT


US = ok({"groups": [{"id": 200100, "name": "Дуб и Зяблик"}], "profiles": []})


def rights(*names: str) -> dict[str, Any]:
    return ok({"mask": 1, "settings": [{"name": name, "setting": 1} for name in names]})


@pytest.mark.parametrize(
    ("permissions", "told"),
    [
        (rights("messages", "manage", "photos", "docs"), ""),
        (rights("messages", "manage"), "; its token has no right to: photos, docs"),
        (ok({"mask": 5}), ""),
    ],
)
async def test_check_says_who_we_are_and_what_the_token_lacks(
    vendor: Vk, permissions: dict[str, Any], told: str
) -> None:
    vendor.answers |= {"groups.getById": US, "groups.getTokenPermissions": permissions}
    assert await vk.probe(vendor.http, vendor.source) == f"Дуб и Зяблик (vk.com/club200100){told}"


@pytest.mark.parametrize(
    ("group", "permissions", "word"),
    [
        (US, rights("manage"), "no right to: messages"),
        (ok({"groups": [{"id": 7, "name": "Other"}]}), rights(), "another community"),
        (ok([]), rights(), "another community"),
        (fails(5, "User authorization failed: invalid access_token (4)."), rights(), "invalid access_token"),
        (fails(27, "Group authorization failed"), rights(), "Group authorization failed"),
    ],
)
async def test_check_says_what_is_wrong(
    vendor: Vk, group: Any, permissions: dict[str, Any], word: str
) -> None:
    vendor.answers |= {"groups.getById": group, "groups.getTokenPermissions": permissions}
    error = await failed(vk.probe(vendor.http, vendor.source))
    assert error.code is SendCode.MISCONFIGURED
    assert word in error.detail
