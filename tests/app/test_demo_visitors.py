"""The demo's doors at the vendors: one for each channel that has a stand-in, and somebody before each."""

from __future__ import annotations

from app.demo import build_stage
from app.visitors import ANYBODY, VISITORS, everybody, key_of, open_vendors
from channels.kit.discover import channels
from sandbox.vendors.serving import names
from scheduler.clock import Clock


def test_every_vendor_with_a_channel_is_there_and_knows_where_to_call() -> None:
    stage = build_stage(8080, 8081)
    assert list(stage.vendors.all) == [name for name in names() if name in channels()]
    for name, vendor in stage.vendors.all.items():
        assert vendor.stage.base == f"http://127.0.0.1:8080/vendors/{name}"
        assert vendor.stage.hook == f"http://127.0.0.1:8081/in/{name}/{key_of(name)}"
        channels()[name].settings.model_validate(vendor.settings())


def test_somebody_stands_before_each_door() -> None:
    stage = build_stage(8080, 8081)
    for name, (visitor, person) in stage.cast.visitors.items():
        assert person.name == visitor.name
        assert list(stage.vendors.all[name].stage.chats) == [person.id]
    assert stage.cast.visitors.keys() == stage.vendors.all.keys()


def test_a_vendor_that_nobody_thought_of_has_a_visitor_too() -> None:
    stage = build_stage(8080, 8081)
    vendors = open_vendors(stage.world, Clock().now)
    vendors.all = {"crow": next(iter(vendors.all.values()))}
    assert everybody(vendors)["crow"][0] is ANYBODY
    assert len({visitor.asks for visitor in VISITORS.values()}) == len(VISITORS)


def test_what_happens_at_a_vendor_is_in_the_log_and_seen_at_once() -> None:
    stage = build_stage(8080, 8081)
    seen: list[str] = []
    stage.world.listeners.append(lambda: seen.append("changed"))
    name, vendor = next(iter(stage.vendors.all.items()))
    vendor.stage.log(name, "send", "to Greta", 200)
    vendor.stage.changed()
    assert (stage.world.log[-1].bot, stage.world.log[-1].status, seen) == (name, 200, ["changed"])
