"""Where a visitor came from: UTM marks and click ids by their own names."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl, unquote, urlsplit

from channels.kit.reading import well_formed
from channels.web_form.remembering import remembered
from leads.events import Attribution

UTM = (
    "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content",
    "utm_id", "utm_source_platform", "utm_creative_format", "utm_marketing_tactic",
)  # fmt: skip
CLICK_IDS = (
    "gclid", "gbraid", "wbraid", "dclid", "gad_source",  # Google
    "fbclid",  # Meta; on organic links too
    "yclid", "ysclid", "ymclid",  # Yandex Direct, search (organic), Market
    "rb_clickid",  # VK Ads
    "ttclid", "msclkid", "li_fat_id", "twclid", "epik", "ScCid", "rdt_cid",
    "_openstat", "roistat_visit",
)  # fmt: skip
NAMES = {name.lower(): name for name in UTM + CLICK_IDS}
ALIASES = {"gcl_id": "gclid"}
# Cookies whose last part is a click id: fb.1.<ms>.<fbclid>, GCL.<s>.<gclid>
COOKIES = {"_fbc": "fbclid", "_gcl_aw": "gclid"}
OPENSTAT = ("utm_source", "utm_campaign", "utm_content", "utm_medium")  # service;campaign;ad;place
MAX_VALUE = 500
MAX_URL = 2000


def attribution(
    fields: Mapping[str, str], *, page: str, referrer: str, referer_header: str, cookies: str
) -> Attribution:
    """Look in the fields, then the page's, the referrer's and the calling page's query, then the cookies."""
    found: dict[str, str] = {}
    _take(found, fields.items())
    for url in (page, referrer, referer_header):
        _take(found, _query(url))
    if cookies:
        _take(found, _cookies(cookies))
    _openstat(found)
    return Attribution(found, page=(page or referer_header)[:MAX_URL], referrer=referrer[:MAX_URL])


@remembered
def mark(key: str) -> str | None:
    """The proper name of a field that holds a mark, else None."""
    last = key.rpartition(".")[2].strip().lower()
    return NAMES.get(ALIASES.get(last, last))


def _take(found: dict[str, str], pairs: Iterable[tuple[str, str]]) -> None:
    for key, value in pairs:
        name = mark(key)
        if name and value.strip():
            found.setdefault(name, value.strip()[:MAX_VALUE])


def _query(url: str) -> list[tuple[str, str]]:
    if "?" not in url:
        return []
    try:
        return parse_qsl(urlsplit(url).query, errors="replace", max_num_fields=200)
    except ValueError:  # a broken address, or a query without end
        return []


def _cookies(text: str) -> Iterator[tuple[str, str]]:
    """Pairs of a cookie string, and those inside TILDAUTM."""
    for cookie in text.split(";")[:200]:
        name, _, value = cookie.strip().partition("=")
        value = well_formed(unquote(value, errors="replace"))
        if name.upper() == "TILDAUTM":
            for pair in value.split("|||"):
                key, _, one = pair.partition("=")
                yield key, one
        elif name in COOKIES:
            yield COOKIES[name], value.rpartition(".")[2]
        else:
            yield name, value


def _openstat(found: dict[str, str]) -> None:
    """Openstat's mark stands for UTM where there is none."""
    if "_openstat" not in found or "utm_source" in found:
        return
    raw = found["_openstat"]
    try:
        text = base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)).decode()
    except (binascii.Error, ValueError):
        text = raw
    parts = text.split(";")
    if len(parts) == len(OPENSTAT):
        _take(found, zip(OPENSTAT, parts, strict=True))
