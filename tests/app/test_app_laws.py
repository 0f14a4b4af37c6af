"""Laws of logs, addresses and the commands' dates, for any secret, header and moment."""

from __future__ import annotations

import ipaddress
import json
import logging
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.check import shown
from app.commands.common import Answer, Console
from app.limits import caller, is_at_home, is_loopback, neighbourhood, within
from app.logs import MASK, Redactor, _Redacting
from app.settings import FixedSettings
from texts import catalogue

SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40)
ADDRESSES = st.ip_addresses().map(str)
ZONES = st.sampled_from(["UTC", "Europe/Vilnius", "Asia/Kolkata", "America/Los_Angeles"])


# --- logs ---------------------------------------------------------------------------------------------------


@given(SECRETS, st.text(max_size=20), st.text(max_size=20))
def test_a_learnt_secret_is_in_no_line_however_it_is_written(secret: str, before: str, after: str) -> None:
    assume(secret not in MASK and secret not in before + after)
    redact = Redactor()
    redact.learn(secret)
    for written in (secret, quote(secret, safe=""), repr(secret)[1:-1]):
        assert secret not in redact(f"{before} {written} {after}")
        assert MASK in redact(f"{before} {written} {after}")


@given(SECRETS, SECRETS)
def test_of_two_secrets_one_inside_the_other_nothing_stays(inner: str, more: str) -> None:
    redact = Redactor()
    for secret in (inner, inner + more):
        redact.learn(secret)
    assert redact(f"a {inner + more} b") == f"a {MASK} b"


@given(SECRETS, st.text())
def test_a_json_line_stays_json_whatever_is_taken_out(secret: str, words: str) -> None:
    redact = Redactor()
    redact.learn(secret)
    record = logging.LogRecord("app", logging.INFO, "x.py", 1, "%s and %s", (words, secret), None)
    line = json.loads(_Redacting(redact, as_json=True).format(record))
    assert line["message"] == redact(f"{words} and {secret}")
    assert line["level"] == "info"


@given(st.text(st.characters(categories=["Ll", "Zs", "Nd"]), max_size=60))
def test_what_holds_no_secret_stays(text: str) -> None:
    assert Redactor()(text) == text


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgres://desk:hunter2@db:5432/front?password=x", "postgres://db:5432/front"),
        ("postgres://db/front", "postgres://db/front"),
        ("postgres://a:b@c@db/front", "postgres://db/front"),
        ("sqlite://var/frontdesk.db", "sqlite://var/frontdesk.db"),
    ],
)
def test_check_shows_where_the_database_is_and_not_how_to_get_in(url: str, said: str) -> None:
    assert shown(url) == said


# --- whose address a request has ----------------------------------------------------------------------------


@given(ADDRESSES, st.lists(ADDRESSES | st.text(max_size=10), max_size=5))
def test_without_a_trusted_proxy_only_the_connection_counts(remote: str, hops: list[str]) -> None:
    assert caller(remote, [", ".join(hops)], ()) == remote
    assume(not within(remote, ("192.0.2.0/24",)))
    assert caller(remote, [", ".join(hops)], ("192.0.2.0/24",)) == remote


@given(ADDRESSES, ADDRESSES, st.lists(ADDRESSES, max_size=4))
def test_a_stranger_cannot_put_words_before_the_proxys(real: str, proxy: str, forged: list[str]) -> None:
    assume(real != proxy)
    assert caller(proxy, [", ".join([*forged, real])], (proxy,)) == caller(proxy, [real], (proxy,))
    assert caller(proxy, [", ".join(forged), real], (proxy,)) == caller(proxy, [real], (proxy,))


@given(st.ip_addresses(v=4))
def test_an_address_is_the_same_with_a_port_and_as_ipv6(address: ipaddress.IPv4Address) -> None:
    forms = [str(address), f"{address}:443", f"::ffff:{address}", f"[::ffff:{address}]:443", f" {address} "]
    assert {neighbourhood(form) for form in forms} == {str(address)}
    assert {is_loopback(form) for form in forms} == {address.is_loopback}
    assert {is_at_home(form) for form in forms} == {not address.is_global}
    assert all(within(form, (f"{address}/32",)) for form in forms)


@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1))
def test_a_whole_network_of_one_customer_is_one_neighbour(address: ipaddress.IPv6Address, host: int) -> None:
    other = ipaddress.IPv6Address(int(address) >> 64 << 64 | host)
    assume(not address.ipv4_mapped and not other.ipv4_mapped)
    assert neighbourhood(str(address)) == neighbourhood(str(other))
    assert neighbourhood(str(address)).endswith("/64")


# --- what the commands read and print -----------------------------------------------------------------------


def console(zone: str) -> Console:
    return Console(FixedSettings(timezone=zone), catalogue("en"), Redactor())


@given(st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)), ZONES)  # noqa: DTZ001
def test_a_printed_moment_can_be_given_back(naive: datetime, zone: str) -> None:
    at = naive.replace(tzinfo=UTC, microsecond=0)
    assume(not at.astimezone(ZoneInfo(zone)).fold)
    assert console(zone).date(console(zone).moment(at)) == at


@given(st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)), ZONES)  # noqa: DTZ001
def test_a_zone_that_is_told_is_believed(naive: datetime, zone: str) -> None:
    at = naive.replace(tzinfo=ZoneInfo("Asia/Tokyo"))
    found = console(zone).date(at.isoformat())
    assert found == at
    assert found.utcoffset() == timedelta()


@pytest.mark.parametrize("given_", ["", "soon", "2026-13-01", "24:00", "2026-03-02T25:00"])
def test_what_is_no_date_is_wrong_use(given_: str) -> None:
    with pytest.raises(Answer) as caught:
        console("UTC").date(given_)
    assert caught.value.code == 2
    assert str(caught.value)
