"""What is written comes back the same, whatever a customer can send."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from leads.changes import ToManager, View
from leads.events import Attachment, Attribution, Inbound, Kind, MediaKind, Sender
from storage import codec

ODD = "\0\uf8f0\ud800\udfff01afz"
any_text = st.text(st.characters(exclude_categories=())) | st.text(st.sampled_from(ODD))
any_moment = st.datetimes(timezones=st.just(UTC))
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=8,
)


@given(any_text)
def test_packed_text_is_safe_and_comes_back(text: str) -> None:
    packed = codec.pack(text)
    assert "\0" not in packed
    packed.encode()  # a lone surrogate would raise
    assert codec.unpack(packed) == text


@given(any_text, any_text)
def test_packing_keeps_different_texts_apart(one: str, two: str) -> None:
    assert (codec.pack(one) == codec.pack(two)) == (one == two)


@given(any_moment)
def test_moments_are_exact(moment: datetime) -> None:
    assert codec.moment(codec.micros(moment)) == moment


def test_moments_of_other_zones_become_utc() -> None:
    there = datetime(2026, 3, 2, 12, 0, 0, 1, tzinfo=timezone(timedelta(hours=3)))
    back = codec.moment(codec.micros(there))
    assert back == there
    assert back.tzinfo is UTC
    assert codec.maybe_moment(None) is None


@given(
    text=any_text,
    fields=st.dictionaries(any_text, any_text, max_size=3),
    window=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=9)),
    at=st.none() | any_moment,
)
def test_events_come_back(text: str, fields: dict[str, str], window: timedelta, at: datetime | None) -> None:
    event = Inbound(
        Kind.FORM,
        Sender(name=text),
        conv=text,
        content_key="k",
        window=window,
        text=text,
        attachments=(Attachment(MediaKind.PHOTO, ref=text, size=3, data=fields),),
        fields=fields,
        attribution=Attribution(params=fields, page=text),
        at=at,
    )
    back = codec.load_event(codec.dump_event(event))
    assert back == event
    assert list(back.fields) == list(fields)  # a form's fields keep their order


@given(st.dictionaries(any_text, plain, max_size=3))
def test_rows_and_raw_updates_come_back(args: dict[str, object]) -> None:
    row = ToManager(View.SAY, -100, args=args)
    assert codec.loads(codec.dumps(row, ToManager), ToManager) == row
    assert codec.load_update(codec.dump_update(args)) == args


def test_a_key_with_half_a_surrogate_pair_is_no_other_key() -> None:
    texts = dict(zip(["\ud800", "\udfff", "\ufffd", "\x00"], ["a", "b", "c", "\ud800"], strict=True))
    assert codec.load_update(codec.dump_json(texts)) == texts
    event = Inbound(Kind.FORM, Sender(), "c", fields=texts)
    assert codec.load_event(codec.dump_event(event)) == event


def test_search_knows_no_case_in_any_script() -> None:
    assert codec.fold("ОЛЬГА Straße Şİ") == codec.fold("ольга STRASSE şi̇")
    assert codec.fold("ﬁne") == "fine"
