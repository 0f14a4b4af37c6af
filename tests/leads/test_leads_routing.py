from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from leads.model import Manager, Role
from leads.routing import Turns, heads, route

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@st.composite
def managers(draw: st.DrawFn) -> list[Manager]:
    count = draw(st.integers(0, 6))
    return [
        Manager(
            number,
            100 + number,
            f"m{number}",
            on_shift=draw(st.booleans()),
            active=draw(st.booleans()),
            last_lead_at=draw(st.none() | st.integers(1, 3).map(lambda n: NOW - timedelta(hours=n))),
            unreachable_since=draw(st.sampled_from([None, None, NOW])),
        )
        for number in range(1, count + 1)
    ]


@given(managers(), st.none() | st.integers(1, 6), st.sets(st.integers(1, 6)))
def test_who_gets_it_is_fit_and_somebody_does_if_anybody_can(
    people: list[Manager], own: int | None, exclude: set[int]
) -> None:
    routed = route(people, own, NOW, exclude=exclude)
    fit = [one for one in people if one.active and one.on_shift and one.id not in exclude]
    assert (routed.manager is None) == (not fit)
    if routed.manager is None:
        assert routed.why == {"why": "nobody_on_shift", "among": []}
        return
    assert routed.manager in fit
    assert routed.manager.id in routed.why["among"]
    reachable = [one for one in fit if one.unreachable_since is None]
    assert not reachable or routed.manager in reachable
    pool = reachable or fit
    if own in {one.id for one in pool}:
        assert (routed.manager.id, routed.why["why"]) == (own, "own_manager")
    else:
        longest = min(one.last_lead_at or NOW - timedelta(days=9) for one in pool)
        assert (routed.manager.last_lead_at or longest) == longest


@given(st.integers(1, 6), st.integers(1, 40))
def test_round_robin_is_fair(people: int, leads: int) -> None:
    desk = {number: Manager(number, number, f"m{number}") for number in range(1, people + 1)}
    counts: Counter[int] = Counter()
    for number in range(leads):
        chosen = route(list(desk.values()), None, NOW).manager
        assert chosen is not None
        counts[chosen.id] += 1
        desk[chosen.id] = replace(chosen, last_lead_at=NOW + timedelta(seconds=number))
    assert max(counts.values()) - min(counts.get(one, 0) for one in desk) <= 1


def test_a_tie_goes_to_the_lower_id_whatever_the_order() -> None:
    people = [Manager(2, 2, "b"), Manager(1, 1, "a")]
    chosen = route(people, None, NOW).manager
    assert chosen is not None
    assert chosen.id == 1


def test_heads_are_heads_and_owners_the_reachable_first() -> None:
    head = Manager(1, 1, "h", Role.HEAD)
    owner = Manager(2, 2, "o", Role.OWNER, unreachable_since=NOW)
    gone = Manager(4, 4, "g", Role.OWNER, active=False)
    assert heads([head, owner, Manager(3, 3, "m"), gone]) == (head,)
    assert heads([owner, gone]) == (owner,)


@given(st.integers(1, 5), st.integers(1, 40), st.booleans())
def test_a_burst_is_shared_out_before_anything_of_it_is_stored(people: int, leads: int, still: bool) -> None:
    stored = [Manager(number, 100 + number, f"m{number}") for number in range(1, people + 1)]
    turns, given_to = Turns(), Counter[int]()
    for number in range(leads):
        now = NOW if still else NOW + timedelta(milliseconds=number)
        manager = route(turns.seen(stored), None, now).manager
        assert manager
        turns.take(manager.id, now)
        given_to[manager.id] += 1
    assert max(given_to.values()) - min(given_to[one.id] for one in stored) <= 1


def test_a_newer_turn_that_another_process_stored_counts() -> None:
    turns = Turns()
    turns.take(1, NOW)
    first, second = Manager(1, 101, "a"), Manager(2, 102, "b", last_lead_at=NOW + timedelta(seconds=1))
    chosen = route(turns.seen([first, second]), None, NOW).manager
    assert chosen
    assert chosen.id == 1
