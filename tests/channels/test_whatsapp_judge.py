"""pywa, a library for this API by others, reads our fixtures too: do we understand the same?"""

from __future__ import annotations

import json
from typing import Any

import pytest
from pywa import WhatsApp, handlers, types, utils

from channels.kit.discover import load
from channels.kit.errors import Rejected
from channels.kit.fixture import Fixture, fixtures
from leads.events import Attachment, Inbound, Kind, MediaKind

WHATSAPP = load("whatsapp")
ALL = {one.file.removesuffix(".json"): one for one in fixtures("whatsapp")}
# It reads the first message of a call only, needs a contact, and refuses odd members.
BEYOND = {
    *("batch_with_bad_items", "contacts_shuffled", "no_profile", "odd_optional", "status_failed_nobody"),
    *("interactive_unknown", "unknown_type", "referral_bare", "changed_user_id", "no_bsuid"),
}
READ = {name: one for name, one in ALL.items() if one.expect["outcome"] == "accepted" and name not in BEYOND}
HANDLERS = (
    handlers.MessageHandler,
    handlers.CallbackButtonHandler,
    handlers.CallbackSelectionHandler,
    handlers.FlowCompletionHandler,
    handlers.EditedMessageHandler,
    handlers.DeletedMessageHandler,
    handlers.PhoneNumberChangeHandler,
    handlers.MessageStatusHandler,
    handlers.OutgoingMessageHandler,
    handlers.OutgoingEditedMessageHandler,
    handlers.OutgoingDeletedMessageHandler,
)


def ours(name: str) -> Inbound:
    (item,) = WHATSAPP.parse(READ[name].source(WHATSAPP), READ[name].call)
    assert isinstance(item, Inbound)
    return item


def theirs(name: str) -> Any:
    seen: list[Any] = []
    client = WhatsApp(phone_id="900001", token="x", validate_updates=False)
    client.add_handlers(*(kind(lambda _, update: seen.append(update)) for kind in HANDLERS))
    assert client.webhook_update_handler(READ[name].call.body) == ("ok", 200)
    (update,) = seen
    return update


def takes(fixture: Fixture) -> bool:
    try:
        WHATSAPP.verify(fixture.source(WHATSAPP), fixture.call)
    except Rejected:
        return False
    return True


@pytest.mark.parametrize(
    "name", [name for name, one in ALL.items() if one.call.headers.keys() & {"x-hub-signature-256"}]
)
def test_both_believe_the_same_signatures(name: str) -> None:
    fixture = ALL[name]
    secrets = fixture.settings["app_secret"].split(",")
    given = fixture.call.headers["x-hub-signature-256"]
    believed = any(utils.webhook_updates_validator(one, fixture.call.body, given) for one in secrets)
    assert takes(fixture) == believed


@pytest.mark.parametrize("name", READ)
def test_both_see_the_same_event_of_the_same_person(name: str) -> None:
    item, update = ours(name), theirs(name)
    kinds = {
        types.MessageStatus: Kind.STATUS,
        types.CallbackButton: Kind.CLICK,
        types.CallbackSelection: Kind.CLICK,
        types.EditedMessage: Kind.EDIT,
        types.DeletedMessage: Kind.DELETE,
        types.OutgoingMessage: Kind.ECHO,
        types.OutgoingEditedMessage: Kind.ECHO,
        types.OutgoingDeletedMessage: Kind.ECHO,
    }
    reaction = type(update) is types.Message and update.reaction
    assert item.kind is (Kind.REACTION if reaction else kinds.get(type(update), Kind.MESSAGE))
    assert item.event_id == (f"{update.id}:{update.status.value}" if item.kind is Kind.STATUS else update.id)
    assert item.at == update.timestamp
    if type(update) is not types.PhoneNumberChange:
        person = update.from_user
        assert item.sender.external_id == item.conv == (person.bsuid or person.wa_id)
        assert item.sender.phone == (f"+{person.wa_id}" if person.wa_id else "")
        assert (item.sender.name, item.sender.username) == (person.name or "", person.username or "")


SAID = [name for name in READ if type(theirs(name)) in {types.Message, types.OutgoingMessage}]


@pytest.mark.parametrize("name", SAID)
def test_both_read_the_same_content(name: str) -> None:
    item, update = ours(name), theirs(name)
    assert (item.fields.get("forwarded", "") != "") is update.forwarded
    assert item.reply_to == (update.reply_to_message.id if update.reply_to_message else "")
    if update.reaction:
        assert (item.message_id, item.text) == (update.reaction.message_id, update.reaction.emoji or "")
    elif update.order:
        assert len([key for key in item.fields if key.startswith("order.")]) == len(update.order.products)
    elif not update.unsupported:
        assert item.text == (update.text or update.caption or "")
    if update.error:
        assert item.fields["error"].startswith(str(update.error.code))
    if update.referral:
        told = update.referral
        assert item.attribution.params["ctwa_clid"] == told.ctwa_clid
        assert (item.attribution.ad, item.attribution.referrer) == (told.headline, told.source_url)
    compare(item.attachments, update)


def compare(attachments: tuple[Attachment, ...], update: Any) -> None:
    if update.media:
        (one,) = attachments
        assert (one.ref, one.mime) == (update.media.id, update.media.mime_type.partition(";")[0])
        assert (one.kind is MediaKind.VOICE) is (update.voice is not None)
    elif update.location:
        (one,) = attachments
        assert float(one.data["latitude"]) == update.location.latitude
        assert one.data["title"] == update.location.name
    else:
        assert not [one for one in attachments if one.kind is not MediaKind.CONTACT]


@pytest.mark.parametrize(
    "name", [name for name in READ if type(theirs(name)) not in {types.Message, types.OutgoingMessage}]
)
def test_both_read_the_same_of_everything_else(name: str) -> None:
    item, update = ours(name), theirs(name)
    match update:
        case types.CallbackButton():
            assert (item.text, item.fields["title"]) == (update.data, update.title)
        case types.CallbackSelection():
            told = (item.text, item.fields["title"], item.fields["description"])
            assert told == (update.data, update.title, update.description)
        case types.FlowCompletion():
            shown = {key: value for key, value in update.response.items() if key != "flow_token"}
            assert item.fields.keys() - {"form"} == shown.keys()
        case types.DeletedMessage():
            assert (item.message_id, item.text) == (update.original_message_id, "")
        case types.EditedMessage():
            said = update.message
            assert (item.message_id, item.text) == (update.original_message_id, said.text or said.caption)
            compare(item.attachments, said)
        case types.PhoneNumberChange():
            assert item.text == update.body
            assert item.sender.phone == (f"+{update.new_wa_id}" if update.new_wa_id else "")
            assert item.thread in {f"+{update.new_wa_id}", update.new_user_id}
        case types.MessageStatus():
            assert item.fields.get("key") == update.tracker
            if update.error:
                assert item.fields["detail"].startswith(str(update.error.code))
        case _:
            raise AssertionError(type(update))


def test_what_we_send_is_what_they_send() -> None:
    from pywa.types import Button, Section, SectionList, SectionRow

    from channels.whatsapp.choices import interactive
    from leads.events import Button as Ours

    three = [Ours("Да", "yes"), Ours("Нет", "no")]
    told = interactive("?", three, "☰")
    assert told
    assert told["action"]["buttons"] == [Button(one.text, callback_data=one.data).to_dict() for one in three]
    many = [Ours(str(n), f"n{n}") for n in range(5)]
    listed = interactive("?", many, "☰")
    assert listed
    rows = [SectionRow(one.text, callback_data=one.data) for one in many]
    theirs = SectionList("☰", [Section("☰", rows)]).to_dict()
    assert listed["action"] == json.loads(json.dumps(theirs))
