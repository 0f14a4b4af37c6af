"""The demo's doors at the vendors, and who comes through them that morning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from channels.kit.discover import channels
from sandbox.model import LogEntry
from sandbox.vendors.serving import Vendors, names
from sandbox.vendors.stage import Person
from sandbox.world import World


@dataclass(frozen=True, slots=True)
class Visitor:
    """Writes, is answered, and perhaps says one thing more; `plan`: with a photo."""

    name: str
    asks: str
    answer: str
    thanks: str = ""
    language: str = "en"
    plan: bool = False


VISITORS: Mapping[str, Visitor] = {
    "whatsapp": Visitor(
        "Greta Vaitkutė",
        "Hello! We are moving in May. Could you look at our plan?",
        "Good morning Greta! Gladly. Two designs by Thursday, is that soon enough?",
        "Perfect, thank you 🙏",
        plan=True,
    ),
    "instagram": Visitor(
        "Lena Fischer",
        "The oak island in your last post 😍 how much is one like that?",
        "Hi Lena! From 1 450 € with the worktop. Would you like to see it on Saturday?",
        "Yes please!",
    ),
    "messenger": Visitor(
        "Paul Brandt",
        "Do you deliver to Riga?",
        "Hello Paul! We do, 120 € up to the door.",
    ),
    "vk": Visitor(
        "Ольга Миронова",
        "Добрый день! А фасады из ясеня бывают?",
        "Здравствуйте, Ольга! Бывают, срок тот же: 4 недели.",
        "Отлично, спасибо!",
        language="ru",
    ),
    "max": Visitor(
        "Игорь Лапин",
        "Здравствуйте, мне бы столешницу 2,4 м",
        "Добрый день, Игорь! Дуб или ясень?",
        "Дуб",
        language="ru",
    ),
    "viber": Visitor("Rūta Kazlauskė", "Is my order on its way?", "Hello Rūta! It comes tomorrow by noon."),
    "line": Visitor("Aiko Tanaka", "Can I book a visit for Friday?", "Of course, Aiko. At three?", "Yes!"),
    "twilio": Visitor("Sam Porter", "Price for 3 m of shelves, please", "Hi Sam! 390 € with fitting."),
}
ANYBODY = Visitor("Robin Hale", "Hello! Are you open today?", "Good morning Robin! Until six.")


def key_of(name: str) -> str:
    """The path key of that vendor's door."""
    return f"demo-{name}"


def open_vendors(world: World, now: Callable[[], datetime]) -> Vendors:
    """A stand-in for each vendor that there is a channel for; what happens there is told to the world."""

    def note(vendor: str, call: str, about: str, status: int) -> None:
        world.log.append(LogEntry(now(), vendor, call, about, status))

    vendors = Vendors(now, note)
    for name in names():
        if name in channels():
            vendors.open(name).stage.listeners.append(world.changed)
    return vendors


def place(vendors: Vendors, at: str, product: str) -> None:
    """Say where the stand-ins are served, and what address was pasted there."""
    vendors.at(at)
    for name, vendor in vendors.all.items():
        vendor.stage.hook = f"{product}/in/{name}/{key_of(name)}"


def everybody(vendors: Vendors) -> dict[str, tuple[Visitor, Person]]:
    """Who is there when the day begins."""
    come = {name: VISITORS.get(name, ANYBODY) for name in vendors.all}
    return {name: (who, vendors.all[name].enters(1, who.name, who.language)) for name, who in come.items()}
