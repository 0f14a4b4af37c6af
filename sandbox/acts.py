"""What the playground's visitors do, read from the page's JSON and done in the world."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from datetime import datetime, time, timedelta
from itertools import cycle
from typing import Any
from zoneinfo import ZoneInfo

from sandbox import voice
from sandbox.faults import Fault
from sandbox.model import Bot, Impossible, Json
from sandbox.vendors.acts import VendorActs
from sandbox.vendors.serving import Vendors
from sandbox.world import World

_NAMES = (
    ("Nora", "Lindqvist"),
    ("Tomás", "Herrera"),
    ("Ирина", "Волкова"),
    ("Daniel", "Okafor"),
    ("Lea", "Schneider"),
    ("Артём", "Белов"),
)
# Endless but one: a message whose answer always gets lost would be sent again and again, for ever.
_FAULTS: dict[str, Callable[[], Fault]] = {
    "500": lambda: Fault("server_error"),
    "429": lambda: Fault("too_many", retry_after=2),
    "slow": lambda: Fault("slow", seconds=3),
    "lost": lambda: Fault("drop_after_effect", times=1, method="sendMessage"),
}


class Acts:
    """`advance` moves the business clock; `customers` grows when a visitor adds one."""

    def __init__(
        self,
        world: World,
        customers: list[int],
        *,
        now: Callable[[], datetime],
        advance: Callable[[timedelta], None] | None,
        timezone: str,
        vendors: Vendors | None = None,
    ) -> None:
        self.world = world
        self.customers = customers
        self._now = now
        self._advance = advance
        self._zone = ZoneInfo(timezone)
        self._names = cycle(_NAMES)
        self._faults: dict[str, Fault] = {}
        self.at_vendors = VendorActs(vendors) if vendors else None

    def do(self, act: Any) -> None:
        """Raises Impossible when the act makes no sense in this world."""
        if not isinstance(act, dict):
            raise Impossible("unknown act")
        try:
            if self.at_vendors and self.at_vendors.takes(act):
                return self.at_vendors.do(act)
            todo = self._table().get(str(act.get("do")))
            if not todo:
                raise Impossible("unknown act")
            todo(act)
        except (KeyError, TypeError, binascii.Error) as error:
            raise Impossible(f"{act['do']}: {error}") from error

    def faults(self) -> dict[str, bool]:
        rules = {id(rule) for rule in self.world.faults.rules}
        return {name: name in self._faults and id(self._faults[name]) in rules for name in _FAULTS}

    def _table(self) -> dict[str, Callable[[Json], object]]:
        return {
            "send": self._send,
            "file": self._file,
            "voice": self._voice,
            "contact": self._contact,
            "edit": self._edit,
            "press": self._press,
            "react": self._react,
            "block": lambda act: self.world.user_blocks(self._bot(act), act["user"]),
            "unblock": lambda act: self.world.user_unblocks(self._bot(act), act["user"]),
            "delete_topic": lambda act: self.world.user_deletes_topic(
                self._bot(act), act["user"], act["thread"]
            ),
            "new_customer": self._new_customer,
            "advance": self._move_clock,
            "fault": self._switch_fault,
        }

    def _bot(self, act: Json) -> Bot:
        for bot in self.world.bots.values():
            if bot.id == act["bot"]:
                return bot
        raise Impossible("no such bot")

    def _send(self, act: Json) -> None:
        where = {"thread_id": act.get("thread"), "reply_to": act.get("reply_to")}
        self.world.user_sends(self._bot(act), act["user"], text=act["text"], **where)

    def _file(self, act: Json) -> None:
        data = base64.b64decode(act["data"], validate=True)
        document = (act["name"] or "file", act["mime"] or "application/octet-stream", data)
        content: Json = {"photo": data} if act["kind"] == "photo" else {"document": document}
        where = {"thread_id": act.get("thread"), "reply_to": act.get("reply_to")}
        self.world.user_sends(
            self._bot(act), act["user"], caption=act.get("caption") or None, **content, **where
        )

    def _voice(self, act: Json) -> None:
        where = {"thread_id": act.get("thread")}
        self.world.user_sends(self._bot(act), act["user"], voice=voice.silence(), **where)

    def _contact(self, act: Json) -> None:
        """Share one's own number, of the range that Ofcom keeps free for stories."""
        user = self.world.users[act["user"]]
        contact = {
            "phone_number": f"+447700900{user.id % 1000:03d}",
            "first_name": user.first_name,
            "user_id": user.id,
        }
        contact |= {"last_name": user.last_name} if user.last_name else {}
        self.world.user_sends(self._bot(act), user.id, contact=contact, thread_id=act.get("thread"))

    def _edit(self, act: Json) -> None:
        bot = self._bot(act)
        old = self.world.chat(bot, act["user"]).messages.get(act["message"], {})
        written = {"text": act["text"]} if "text" in old else {"caption": act["text"]}
        self.world.user_edits(bot, act["user"], act["message"], **written)

    def _press(self, act: Json) -> None:
        self.world.user_presses(self._bot(act), act["user"], act["message"], act["data"])

    def _react(self, act: Json) -> None:
        self.world.user_reacts(self._bot(act), act["user"], act["message"], act["emoji"] or None)

    def _new_customer(self, _: Json) -> None:
        user_id = max(self.world.users, default=1000) + 1
        first, last = next(self._names)
        language = "en" if first.isascii() or first == "Tomás" else "ru"
        self.customers.append(user_id)
        self.world.add_user(user_id, first, last, language_code=language)

    def _move_clock(self, act: Json) -> None:
        if not self._advance:
            raise Impossible("this clock cannot be moved")
        self._advance(self._until_tomorrow() if act.get("tomorrow") else timedelta(minutes=act["minutes"]))
        self.world.changed()

    def _until_tomorrow(self) -> timedelta:
        now = self._now()
        day = now.astimezone(self._zone).date() + timedelta(days=1)
        return datetime.combine(day, time(9), self._zone) - now

    def _switch_fault(self, act: Json) -> None:
        name = act["kind"]
        rules = self.world.faults.rules
        # Dataclasses compare by value; only the very rule that this switch added may go.
        rules[:] = [rule for rule in rules if rule is not self._faults.get(name)]
        if act["on"]:
            self._faults[name] = self.world.faults.add(_FAULTS[name]())
        self.world.changed()
