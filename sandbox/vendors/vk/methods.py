"""The methods by their names, with what each needs and takes. https://dev.vk.com/ru/method"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.vendors.stage import Answer, Person, Refused, Stage
from sandbox.vendors.vk import words
from sandbox.vendors.vk.dialogues import Dialogues
from sandbox.vendors.vk.pushing import CONFIRMATION, EVENTS, Pushing
from sandbox.vendors.vk.uploads import Uploads
from sandbox.vendors.vk.wall import Wall
from sandbox.vendors.vk.words import GROUP, Given, Json, done, odd

_SERVER = "group_id url title"
_EVENTS = " ".join(EVENTS)


@dataclass(frozen=True, slots=True)
class Method:
    """`needs` must come, `takes` may; an unknown parameter is a typing error."""

    do: Callable[[Given], Answer]
    needs: str = ""
    takes: str = ""

    def call(self, given: Given) -> Answer:
        """Token, version and name are known to be right."""
        needs = set(self.needs.split())
        if missing := needs - given.keys():
            raise odd(f"{min(missing)} is undefined")
        if unknown := given.keys() - needs - set(self.takes.split()):
            raise odd(f"{min(unknown)} is unknown")
        if given.get("group_id", str(GROUP)) != str(GROUP):
            raise words.NO_ACCESS
        return self.do(given)


def table(stage: Stage, dialogues: Dialogues, uploads: Uploads, wall: Wall) -> dict[str, Method]:
    """What this stand-in knows of; the rest is an unknown method."""
    return (
        _messages(dialogues)
        | _files(uploads)
        | _groups(wall.pushing)
        | {
            "users.get": Method(lambda given: _people(stage, given), "user_ids fields"),
            "wall.createComment": Method(
                wall.create, "owner_id from_group post_id message", "reply_to_comment guid"
            ),
        }
    )


def _messages(dialogues: Dialogues) -> dict[str, Method]:
    return {
        "messages.send": Method(
            dialogues.send, "peer_ids random_id", "message attachment forward keyboard payload"
        ),
        "messages.edit": Method(dialogues.edit, "peer_id cmid", "message attachment keep_forward_messages"),
        "messages.delete": Method(dialogues.delete, "peer_id cmids delete_for_all"),
        "messages.getByConversationMessageId": Method(dialogues.found, "peer_id conversation_message_ids"),
        "messages.markAsRead": Method(dialogues.read, "peer_id mark_conversation_as_read"),
        "messages.setActivity": Method(dialogues.types, "peer_id type"),
    }


def _files(uploads: Uploads) -> dict[str, Method]:
    return {
        "photos.getMessagesUploadServer": Method(lambda _: uploads.place("photo"), "peer_id"),
        "photos.saveMessagesPhoto": Method(uploads.save_photo, "server photo hash"),
        "docs.getMessagesUploadServer": Method(
            lambda given: uploads.place(given.get("type", "doc")), "peer_id", "type"
        ),
        "docs.save": Method(uploads.save_document, "file title"),
    }


def _groups(pushing: Pushing) -> dict[str, Method]:
    return {
        "groups.getById": Method(_group, "group_id"),
        "groups.getTokenPermissions": Method(_rights),
        "groups.getCallbackConfirmationCode": Method(lambda _: done({"code": CONFIRMATION}), "group_id"),
        "groups.getCallbackServers": Method(lambda _: pushing.known(), "group_id"),
        "groups.addCallbackServer": Method(pushing.add, _SERVER, "secret_key"),
        "groups.editCallbackServer": Method(pushing.edit, f"{_SERVER} server_id", "secret_key"),
        "groups.getCallbackSettings": Method(pushing.settings, "group_id server_id"),
        "groups.setCallbackSettings": Method(pushing.choose, "group_id server_id api_version", _EVENTS),
        "groups.setLongPollSettings": Method(pushing.choose, "group_id enabled api_version", _EVENTS),
        "groups.getLongPollServer": Method(lambda _: pushing.place(), "group_id"),
    }


def _people(stage: Stage, given: Given) -> Answer:
    """Who is unknown is left out."""
    chats = [chat for one in given["user_ids"].split(",") if (chat := stage.chat(one))]
    return done([_person(stage, one.person, given["fields"].split(",")) for one in chats])


def _person(stage: Stage, person: Person, fields: list[str]) -> Json:
    first, _, last = person.name.partition(" ")
    about = {"screen_name": person.username, "photo_200": person.avatar or f"{stage.base}/camera_200.png"}
    wanted = {name: about[name] for name in fields if name in about}
    return {"id": int(person.id), "first_name": first, "last_name": last, "is_closed": False} | wanted


def _group(_: Given) -> Answer:
    group = {
        "id": GROUP,
        "name": "Alder & Finch",
        "screen_name": "alderfinch",
        "is_closed": 0,
        "type": "page",
    }
    return done({"groups": [group], "profiles": []})


def _rights(_: Given) -> Answer:
    names = ("stories", "photos", "messages", "docs", "manage")
    return done(
        {"mask": 405508, "settings": [{"name": name, "setting": 1 << n} for n, name in enumerate(names)]}
    )


def checked(given: Given) -> Given:
    """A call's own parameters, once its token and its version are right."""
    rest = dict(given)
    if rest.pop("access_token", "") != words.TOKEN:
        raise Refused(words.NO_TOKEN)
    version = rest.pop("v", "")
    if not version or tuple(map(int, version.split("."))) < words.VERSION:
        raise Refused(words.NO_VERSION)
    return rest
