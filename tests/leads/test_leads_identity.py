from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.events import Attachment, Inbound, Kind, MediaKind, Sender
from leads.identity import keys_of, match
from leads.model import Contact, Identity, LinkBy
from leads.ports import Candidate

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
NAMES = st.tuples(st.sampled_from(["chat", "other"]), st.sampled_from("abc"))
STRENGTH = [LinkBy.IDENTITY, LinkBy.EMAIL, LinkBy.PHONE]


def candidate(
    number: int, by: LinkBy, *, hours: int = 0, known_as: tuple[tuple[str, str], ...] = ()
) -> Candidate:
    contact = Contact(number, f"c{number}", NOW, NOW - timedelta(hours=hours))
    held = tuple(
        Identity(10 * number + place, number, channel, 1, external_id, NOW)
        for place, (channel, external_id) in enumerate(known_as)
    )
    return Candidate(contact, held, (), by, value=f"{by}-{number}")


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    made = []
    for number in range(1, draw(st.integers(0, 6)) + 1):
        by = draw(st.sampled_from(STRENGTH[1:]))
        names = draw(
            st.sets(st.tuples(st.sampled_from(["chat", "other"]), st.sampled_from("abc")), max_size=2)
        )
        made.append(candidate(number, by, hours=draw(st.integers(0, 3)), known_as=tuple(sorted(names))))
    return draw(st.permutations(made))


@given(candidates(), st.sampled_from(["", "a", "b"]))
def test_the_strongest_then_the_newest_that_is_nobody_else(found: list[Candidate], external_id: str) -> None:
    matched = match(found, "chat", external_id)
    joinable = []
    for one in found:
        names = {held.external_id for held in one.identities if held.channel == "chat"}
        if not external_id or not names or external_id in names:
            joinable.append(one)
    if joinable:
        best = min(
            joinable, key=lambda one: (STRENGTH.index(one.by), NOW - one.contact.active_at, one.contact.id)
        )
        assert matched.candidate == best
        assert (matched.by, matched.value) == (best.by, best.value)
    else:
        assert matched.candidate is None
        assert matched.by is (LinkBy.KEPT_APART if found else LinkBy.NEW)
    chosen = {matched.candidate.contact.id} if matched.candidate else set()
    assert set(matched.others) == {one.contact.id for one in found} - chosen


@given(candidates())
def test_two_people_of_one_channel_are_never_joined(found: list[Candidate]) -> None:
    matched = match(found, "chat", "newcomer")
    if matched.candidate:
        assert all(held.channel != "chat" for held in matched.candidate.identities)


@given(candidates(), st.randoms())
def test_the_order_of_the_candidates_does_not_matter(found: list[Candidate], random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert match(shuffled, "chat", "a") == match(found, "chat", "a")


def test_the_channels_own_identity_beats_newer_evidence() -> None:
    known = candidate(1, LinkBy.IDENTITY, hours=99, known_as=(("chat", "a"), ("chat", "b")))
    newer = candidate(2, LinkBy.EMAIL)
    matched = match([newer, known], "chat", "a")
    assert (matched.candidate, matched.by, matched.others) == (known, LinkBy.IDENTITY, (2,))


def test_weaker_evidence_counts_when_the_stronger_is_somebody_else() -> None:
    taken = candidate(1, LinkBy.EMAIL, known_as=(("chat", "z"),))
    free = candidate(2, LinkBy.PHONE)
    matched = match([taken, free], "chat", "a")
    assert (matched.candidate, matched.by, matched.others) == (free, LinkBy.PHONE, (1,))


def event(**more: object) -> Inbound:
    sender = Sender(phone=str(more.pop("phone", "")), email=str(more.pop("email", "")))
    return Inbound(Kind.FORM, sender, "conv", **more)  # type: ignore[arg-type]


def values(found: Inbound) -> list[str]:
    return [key.value for key in keys_of(found, "LV")]


def test_phones_and_emails_of_sender_and_fields_count_once() -> None:
    fields = {"Phone 2": "29 123 457", "work_email": "ann@work.example", "телефон": "+371 29123456"}
    found = event(phone="29123456", email="Ann@Example.com", fields=fields)
    assert sorted(values(found)) == sorted(
        ["+37129123456", "+37129123457", "ann@example.com", "ann@work.example"]
    )
    assert next(key.raw for key in keys_of(found, "LV") if key.value == "+37129123456") == "29123456"


@pytest.mark.parametrize("name", ["friends_phone", "referrer email", "comment", "phone_model", "order"])
def test_other_fields_say_nothing_about_who_it_is(name: str) -> None:
    assert values(event(fields={name: "+371 29123456"})) == []
    assert values(event(fields={name: "ann@example.com"})) == []


def test_a_shared_contact_counts_only_if_it_is_the_senders_own() -> None:
    for own, expected in (("1", ["+37129123456"]), ("", []), ("0", [])):
        card = Attachment(MediaKind.CONTACT, data={"phone": "+371 29123456", "own": own})
        assert values(event(attachments=(card,))) == expected
