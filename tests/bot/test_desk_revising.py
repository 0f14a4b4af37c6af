"""Choices, taking back, reacting, templates: what a manager's update becomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from desk_scene import ANN, RULES, Scene

from bot.callbacks import PickTemplate, SendTemplate, SendVia, Templates
from bot.drafting import asks, offered
from leads.changes import Changes, View
from leads.events import SendCode, SendError, Template, Verb
from leads.journal import Word
from leads.model import DeskMessage, DeskUse, Entry, Message, MessageState
from leads.reply import Draft
from leads.templates import key_of

OFFER = Template("offer", "en", "Dear {{1}}, {{2}} €.")
PLAIN = [Template(f"plain_{number:02}", "en", "Good day!") for number in range(25)]


def allow(scene: Scene, *templates: Template, error: SendError | None = None, **can: Any) -> None:
    """From now on the channel can that, and its vendor lists these templates."""

    async def listed(source_id: int) -> Sequence[Template]:
        assert source_id == scene.source
        if error:
            raise error
        return templates

    full = replace(RULES.can["telegram"], deletes=True, reactions=True, buttons=3, **can)
    scene.desk = replace(scene.desk, rules=replace(RULES, can={"telegram": full}), templates=listed)


async def newest(scene: Scene) -> Message:
    return (await scene.store.messages(scene.lead))[-1]


@pytest.mark.parametrize(
    ("text", "question", "choices"),
    [
        ("/ask Which? | White | Oak", "Which?", ("White", "Oak")),
        ("/ASK@desk_bot Which?|White", "Which?", ("White",)),
        ("/ask\nWhich\none? | a", "Which\none?", ("a",)),
        ("/ask Which?", None, ()),
        ("/ask | a", None, ()),
        ("/ask Which? | a | | b", None, ()),
    ],
)
def test_choices_are_read_out_of_a_line(text: str, question: str | None, choices: tuple[str, ...]) -> None:
    draft = Draft(text, ANN, 1)
    assert asks(draft)
    found = offered(draft)
    assert (found and (found.text, found.choices)) == (question and (question, choices))


def test_other_words_offer_nothing() -> None:
    for text in ("/asking a | b", "please /ask a | b", "a | b"):
        assert not asks(Draft(text, ANN, 1))


async def test_a_question_goes_with_its_choices_and_a_half_one_does_not(scene: Scene) -> None:
    allow(scene)
    await scene.answers_card("/ask Which? | White | Oak")
    (row,) = scene.to_customers
    assert (row.outgoing.text, [one.text for one in row.outgoing.buttons]) == ("Which?", ["White", "Oak"])
    wrote = await scene.answers_card("/ask Which?")
    assert (scene.said, scene.to_customers) == (["ask-usage"], [])
    scene.world.user_edits(scene.telegram, ANN, wrote["message_id"], text="/ask Which? | a")
    await scene.now_handled()
    assert scene.outbox == []


async def test_a_changed_question_changes_its_choices(scene: Scene) -> None:
    allow(scene)
    wrote = await scene.answers_card("/ask Which? | White | Oak")
    for text, said in (("/ask Which?", ["ask-usage"]), ("/ask Which one? | White | Ash", [])):
        scene.world.user_edits(scene.telegram, ANN, wrote["message_id"], text=text)
        await scene.now_handled()
        assert scene.said == said
    (row,) = scene.to_customers
    assert [one.text for one in row.outgoing.buttons] == ["White", "Ash"]


async def test_what_is_taken_back_is_the_message_replied_to(scene: Scene) -> None:
    allow(scene)
    wrote = await scene.answers_card("600 €")
    await scene.says(ANN, "/unsend")
    assert scene.said == ["refused-unsend-what"]
    await scene.says(ANN, "/unsend", reply_to=scene.card)
    assert scene.said == ["refused-unsend-what"]
    await scene.says(ANN, "/unsend", reply_to=wrote["message_id"])
    (row,) = scene.to_customers
    assert (row.outgoing.verb, row.message_id) == (Verb.DELETE, (await newest(scene)).id)


async def test_a_reaction_on_the_customers_message_goes_along(scene: Scene) -> None:
    allow(scene)
    shown = await scene.shows(ANN)
    place = DeskMessage(-1, ANN, shown, scene.lead, DeskUse.CUSTOMER, scene.question, scene.topic)
    await scene.store.commit(Changes(put=(place,)))
    cases: tuple[tuple[list[dict[str, str]], list[str]], ...] = (
        ([{"type": "emoji", "emoji": "🎉"}], ["🎉"]),
        ([], [""]),
        ([{"type": "custom_emoji", "custom_emoji_id": "5"}], []),
    )
    for number, (reactions, expected) in enumerate(cases):
        await scene.handled({"update_id": 9000 + number, "message_reaction": reacted(shown, reactions)})
        rows = [row.outgoing for row in scene.to_customers]
        assert [(row.verb, row.target, row.text) for row in rows] == [
            (Verb.REACT, "77", emoji) for emoji in expected
        ]


def reacted(desk_id: int, reactions: list[dict[str, str]]) -> dict[str, Any]:
    chat, user = {"id": ANN, "type": "private"}, {"id": ANN, "is_bot": False, "first_name": "Ann"}
    change = {"chat": chat, "user": user, "message_id": desk_id, "date": 1, "old_reaction": []}
    return change | {"new_reaction": reactions}


async def test_the_list_of_templates_takes_the_place_of_the_buttons_page_by_page(scene: Scene) -> None:
    allow(scene, *PLAIN, templates=True)
    way = (await newest(scene)).conversation_id or 0
    menu = await scene.shows(ANN, Templates(lead=scene.lead, conversation=way))
    await scene.presses(ANN, Templates(lead=scene.lead, conversation=way), menu)
    assert scene.toast
    assert scene.toast["text"] == "Which template?"
    first = scene.buttons(ANN, menu)
    assert first[0] == PickTemplate(lead=scene.lead, conversation=way, key=key_of(PLAIN[0])).pack()
    further = Templates(lead=scene.lead, conversation=way, page=1)
    assert (len(first), first[-1]) == (21, further.pack())
    await scene.presses(ANN, further, menu)
    last = scene.buttons(ANN, menu)
    assert (len(last), last[-1]) == (6, Templates(lead=scene.lead, conversation=way).pack())


async def test_no_templates_and_a_vendor_that_does_not_answer_are_said(scene: Scene) -> None:
    allow(scene, templates=True)
    way = (await newest(scene)).conversation_id or 0
    await scene.presses(ANN, Templates(lead=scene.lead, conversation=way))
    assert scene.toast
    assert scene.toast["text"].startswith("This channel has no approved template yet")
    allow(scene, error=SendError(SendCode.UNAVAILABLE, "time-out"), templates=True)
    await scene.presses(ANN, Templates(lead=scene.lead, conversation=way))
    assert scene.said == ["refused-templates"]
    await scene.presses(ANN, Templates(lead=scene.lead, conversation=999))
    assert scene.said == ["refused-no-way"]


async def test_a_picked_template_is_shown_and_one_that_is_gone_is_said(scene: Scene) -> None:
    allow(scene, OFFER, templates=True)
    way = (await newest(scene)).conversation_id or 0
    await scene.presses(ANN, PickTemplate(lead=scene.lead, conversation=way, key=key_of(OFFER)))
    (row,) = scene.to_managers(View.TEMPLATE)
    assert (row.lead_id, row.args["via"], row.args["template"]["name"]) == (scene.lead, way, "offer")
    await scene.presses(ANN, PickTemplate(lead=scene.lead, conversation=way, key="gone"))
    assert scene.toast
    assert scene.toast["text"].startswith("This template is not there any more")
    assert scene.outbox == []


async def asked(scene: Scene, *params: str) -> int:
    """The question about a template, or with values its preview; its desk id."""
    way = (await newest(scene)).conversation_id
    template = {"name": "offer", "language": "en", "body": OFFER.body, "params": list(params)}
    shown = await scene.shows(ANN, *([SendTemplate(lead=scene.lead)] if params else []))
    data = {"chat": ANN, "desk_id": shown, "via": way, "template": template}
    place = DeskMessage(-1, ANN, shown, scene.lead, DeskUse.QUESTION, None, scene.topic)
    entry = Entry(-2, scene.desk.now(), Word.TEMPLATE, scene.lead, data=data)
    await scene.store.commit(Changes(put=(place, entry)))
    return shown


async def test_the_answer_to_the_question_fills_the_template_in(scene: Scene) -> None:
    allow(scene, OFFER, templates=True)
    question = await asked(scene)
    await scene.says(ANN, " Kim \n\n600", reply_to=question)
    (row,) = scene.to_managers(View.TEMPLATE)
    assert list(row.args["template"]["params"]) == ["Kim", "600"]
    assert scene.to_customers == []
    await scene.says(ANN, "Kim", reply_to=question)
    assert (scene.said, scene.to_customers) == (["template-count"], [])


async def test_a_previewed_template_is_sent_once(scene: Scene) -> None:
    allow(scene, OFFER, templates=True)
    preview = await asked(scene, "Kim", "600")
    await scene.presses(ANN, SendTemplate(lead=scene.lead), preview)
    (row,) = scene.to_customers
    assert row.outgoing.template == replace(OFFER, params=("Kim", "600"))
    assert (await newest(scene)).text == "Dear Kim, 600 €."
    assert scene.buttons(ANN, preview) == []
    again = await scene.shows(ANN, SendTemplate(lead=scene.lead))
    await scene.presses(ANN, SendTemplate(lead=scene.lead), again)
    assert scene.to_customers == []
    assert scene.toast
    assert scene.toast["text"].startswith("This template is not there any more")


async def test_a_failed_reply_is_sent_another_way(scene: Scene) -> None:
    allow(scene)
    await scene.answers_card("600 €")
    message = await newest(scene)
    way = await scene.store.conversation(message.conversation_id or 0)
    assert way
    other = replace(way, id=-1, conv="elsewhere", thread="Clara elsewhere")
    failed = replace(message, state=MessageState.FAILED, error="blocked")
    ids = await scene.store.commit(Changes(put=(failed, other)))
    await scene.presses(ANN, SendVia(message=message.id, conversation=ids[-1]))
    assert [row.outgoing.recipient for row in scene.to_customers] == ["Clara elsewhere"]
