"""What is said without opening a thread: answers, lists, reminders, moves."""

from __future__ import annotations

from dataclasses import replace

from bot.calls import Notifier, Order, Place, place_in, post
from bot.errors import TopicGone
from bot.media import post_thing
from bot.parts import keep_place
from bot.threads import in_thread, retire
from bot.views import lists, notices, templates
from bot.views.card import card
from bot.views.paper import Rendered
from leads.events import Attachment, MediaKind
from leads.journal import Word
from leads.model import DeskMessage, DeskThread, DeskUse, Entry, LeadState, Manager, ReminderState, Role
from leads.ports import LeadLine
from leads.templates import blanks, template_of

_WAITING = 5
_FOUND = 10
_OVER = frozenset({ReminderState.DONE, ReminderState.CANCELLED})


async def say(out: Notifier, order: Order) -> None:
    await _tell(out, order, notices.sentence(order.body.args, order.reader))


async def help_page(out: Notifier, order: Order) -> None:
    await _tell(out, order, notices.help_page(order.reader))


async def invite(out: Notifier, order: Order) -> None:
    args = order.body.args
    await _tell(out, order, notices.invite(str(args["link"]), str(args["role"]), order.reader))


async def found(out: Notifier, order: Order) -> None:
    words = str(order.body.args["words"])
    hits = await out.store.find_leads(words, _FOUND)
    await _tell(out, order, lists.found(words, hits, order.reader))


async def leads(out: Notifier, order: Order) -> None:
    """A manager's own leads and the waiting ones; heads and owners see everybody's."""
    page = max(0, int(order.body.args.get("page", 0)))
    everybody = order.manager is not None and order.manager.role is not Role.MANAGER
    whose = None if everybody or not order.manager else order.manager.id
    own = await out.store.open_leads(whose, lists.PAGE + 1, page * lists.PAGE)
    waiting = () if page or everybody else await _waiting(out)
    view = lists.leads_page(
        own[: lists.PAGE],
        waiting,
        order.reader,
        page=page,
        more=len(own) > lists.PAGE,
        everybody=everybody,
    )
    await _tell(out, order, view)


async def lead(out: Notifier, order: Order) -> None:
    """A fresh card where it was asked for, or in the lead's own thread."""
    thread, body = order.thread, order.body
    if body.args.get("face"):
        await _face(out, order)
    if thread and body.reply_to is None and body.topic_id == thread.topic_id:
        await in_thread(out, order, lambda living: _fresh(out, order, thread, living))
        return
    view = card(order.lead, order.reader)
    first = order.lead.first_message
    said = [each for each in await out.store.messages(order.lead.lead.id) if not first or each.id != first.id]
    if told := lists.history(said, order.reader):
        view = replace(view, more=(*view.more, told))
    await _tell(out, order, view, DeskUse.CARD)


async def _face(out: Notifier, order: Order) -> None:
    """The customer's picture, as their vendor gave it; before the card, so that a failure repeats no card."""
    known = next((each for each in order.lead.identities if each.avatar), None)
    if known:
        picture = Attachment(MediaKind.PHOTO, name="photo.jpg", blob=known.avatar)
        await post_thing(out, _place(order), picture, known.source_id, None, order.reader, quiet=True)


async def _fresh(out: Notifier, order: Order, old: DeskThread, thread: DeskThread) -> None:
    """The card that edits reach from now on; a thread that was just opened has it already."""
    if thread.id != old.id or thread.card_id != old.card_id:
        return
    place = replace(place_in(thread), reply_to=None)
    desk_id = await post(out, place, card(order.lead, order.reader))
    keep_place(out, thread, desk_id, DeskUse.CARD)
    out.kept.put(replace(thread, card_id=desk_id))


async def template(out: Notifier, order: Order) -> None:
    """Ask for what a template still needs, or show it filled in; the journal remembers which one it was."""
    args = order.body.args
    known = template_of(args["template"])
    if len(known.params) < blanks(known):
        view = templates.question(known, order.reader)
    else:
        view = templates.preview(order.lead.lead.id, int(args["via"]), known, order.reader)
    place = _place(order)
    lead, manager = order.lead.lead.id, order.manager.id if order.manager else None
    desk_id = await post(out, place, view)
    data = {"chat": place.chat_id, "desk_id": desk_id, **args}
    out.kept.put(DeskMessage(0, place.chat_id, desk_id, lead, DeskUse.QUESTION, topic_id=place.topic_id))
    out.kept.put(Entry(0, out.clock(), Word.TEMPLATE, lead, manager, data=data))


async def reminder(out: Notifier, order: Order) -> None:
    """Nothing when it was dealt with before it could be shown."""
    found = await out.store.reminder(int(order.body.args["reminder"]))
    if found is None or found.state in _OVER:
        return
    view = notices.reminder_notice(order.lead, found, order.reader)
    await _tell(out, order, view, DeskUse.REMINDER)


async def moved(out: Notifier, order: Order) -> None:
    managers = {each.id: each for each in order.lead.managers}
    to, by = _of(managers, order.body.args.get("to")), _of(managers, order.body.args.get("by"))
    await _tell(out, order, notices.moved(order.lead, to, by, order.reader))


async def unrouted(out: Notifier, order: Order) -> None:
    """Nothing when somebody has it by now."""
    if order.lead.lead.state is not LeadState.WAITING:
        return
    await _tell(out, order, notices.unrouted(order.lead, order.reader))


async def _tell(out: Notifier, order: Order, view: Rendered, use: DeskUse = DeskUse.OTHER) -> None:
    """Where it was asked, else where the lead is worked, else in the chat; in the chat, too, if the topic was
    deleted. A message about a lead is remembered, so that replies to it find the lead.
    """
    chat_id, place = order.body.chat_id, _place(order)
    for at, each in enumerate((view, *view.more)):
        try:
            desk_id = await post(out, place, each, quiet=at > 0)
        except TopicGone:
            for thread in order.threads:
                if thread.active and thread.topic_id == place.topic_id:
                    retire(out, thread)
            place = Place(chat_id)
            desk_id = await post(out, place, each, quiet=at > 0)
        if at == 0:
            first = desk_id
    if order.snapshot is None:
        return
    lead_id = order.snapshot.lead.id
    out.kept.put(DeskMessage(0, chat_id, first, lead_id, use, topic_id=place.topic_id))


def _place(order: Order) -> Place:
    body = order.body
    if body.topic_id is None and body.reply_to is None and order.thread:
        return place_in(order.thread)
    return Place(body.chat_id, body.topic_id, body.reply_to)


async def _waiting(out: Notifier) -> list[LeadLine]:
    lines = []
    for each in await out.store.waiting_leads(_WAITING):
        snapshot = await out.store.lead_snapshot(each.id)
        if snapshot:
            said = snapshot.last_message.text if snapshot.last_message else ""
            lines.append(LeadLine(snapshot.lead, snapshot.contact.name, said[:200], ""))
    return lines


def _of(managers: dict[int, Manager], manager_id: object) -> Manager | None:
    return managers.get(manager_id) if isinstance(manager_id, int) else None
