"""Looking for leads: each asked word must begin a word of theirs, or be their number; newest first.

Leads that hold the rarest of the words are looked up, and compared with those of the other words. Of a word
that very many hold each lead is asked by its key instead. When all words are such ones, the newest leads are
gone through, for some of them will hold them. Either way the work is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from storage.codec import fold
from storage.database import Database
from storage.words import BACKWARDS, LONGEST, wholes

WORDS = 8  # looked for at most
MANY = 20_000  # leads that are looked up by one word of several
MANY_ALONE = 5_000  # by the only word: the newest leads are the sooner gone through
NEWEST = 100_000  # leads that are gone through when each word is held by more
END_OF_PHONE = 4  # digits at least
LONGEST_NUMBER = 10  # digits that no lead's number has
_LAST = chr(0x10FFFF)  # after all other letters
_PHONE = re.compile(r"[+\d][\d\s().\-/]{4,}")
_BETWEEN = "w.word >= ${low} AND w.word < ${high}"
_HOLDERS = "SELECT w.lead_id AS id FROM lead_word w WHERE {range}"
_COUNT = "(SELECT count(*) FROM ({holders} LIMIT {many}) AS c) AS n{n}"
_AMONG_FEW = "(l.id = ${number} OR l.id IN ({holders}))"
# A subquery with one value is never turned into a join.
_HOLDS = "(l.id = ${number} OR (SELECT 1 FROM lead_word w WHERE w.lead_id = l.id AND ({any}) LIMIT 1) = 1)"
_BY_WORD = """
SELECT l.id FROM (
    {holders} UNION SELECT id FROM lead WHERE id = ${number} ORDER BY 1 DESC LIMIT {many}) AS l
WHERE {others} ORDER BY l.id DESC LIMIT $1"""
_BY_AGE = """
SELECT l.id FROM lead l WHERE l.id > (SELECT max(id) FROM lead) - {newest} AND {all}
ORDER BY l.id DESC LIMIT $1"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A word of a search."""

    starts: tuple[str, ...]  # of words, any of them
    number: int = 0  # of a lead; none has 0


@dataclass(frozen=True, slots=True)
class _Term:
    """An asked word as the statements have it."""

    ranges: Sequence[str]
    number: int  # of its argument
    count: int  # of leads, as far as it matters


def asked(text: str) -> list[Asked]:
    """Single words; a phone is one, however it is spaced."""
    folded = fold(text).strip()
    pieces = [re.sub(r"\s", "", folded)] if _PHONE.fullmatch(folded) else folded.split()
    return [one for piece in pieces for one in _asked(piece)][:WORDS]


def _asked(piece: str) -> list[Asked]:
    alone = wholes(piece)
    numeral = piece.lstrip("#").removeprefix("no")  # a folded №
    digits = re.sub(r"[+().\-/]", "", numeral)
    if not (digits.isascii() and digits.isdigit()):
        return [Asked((whole[:LONGEST],)) for whole in alone]
    starts = [digits, *_ends(digits), *(alone if len(alone) == 1 else ())]
    number = int(digits) if digits == numeral and len(digits) < LONGEST_NUMBER else 0
    return [Asked(tuple(dict.fromkeys(start[:LONGEST] for start in starts)), number)]


def _ends(digits: str) -> list[str]:
    """As a phone's without the prefix dialled at home: its beginning, and its end."""
    inside = digits.lstrip("0")
    inside = inside[1:] if len(inside) == 11 and inside[0] == "8" else inside
    return [inside, BACKWARDS + inside[::-1]] if len(inside) >= END_OF_PHONE else []


async def find(db: Database, text: str, limit: int) -> list[int]:
    """The newest leads that hold every one of the words."""
    words = asked(text)
    if not words:
        return []
    most = MANY if len(words) > 1 else MANY_ALONE
    counts = await _counts(db, words, most)
    args: list[Any] = [limit]
    terms = [_term(word, count, args) for word, count in zip(words, counts, strict=True)]
    rarest, *others = sorted(terms, key=lambda term: term.count)
    found = await db.rows(_by_word(rarest, others) if rarest.count < most else _by_age(terms), *args)
    return [row["id"] for row in found]


async def _counts(db: Database, words: Sequence[Asked], most: int) -> list[int]:
    """How many times each is held, up to `most`."""
    args: list[Any] = []
    every = [" UNION ALL ".join(_holders(_ranges(word, args))) for word in words]
    asks = [_filled(_COUNT, holders=holders, many=most, n=n) for n, holders in enumerate(every)]
    (found,) = await db.rows(f"SELECT {', '.join(asks)}", *args)
    return list(found.values())


def _term(word: Asked, count: int, args: list[Any]) -> _Term:
    ranges = _ranges(word, args)
    args.append(word.number)
    return _Term(ranges, len(args), count)


def _ranges(word: Asked, args: list[Any]) -> list[str]:
    """Its arguments are added to the others."""
    ranges = []
    for start in word.starts:
        args += [start, start + _LAST]
        ranges.append(_filled(_BETWEEN, low=len(args) - 1, high=len(args)))
    return ranges


def _holders(ranges: Sequence[str]) -> list[str]:
    return [_filled(_HOLDERS, range=between) for between in ranges]


def _is_among(term: _Term) -> str:
    if term.count >= MANY:
        return _holds(term)
    return _filled(_AMONG_FEW, holders=" UNION ALL ".join(_holders(term.ranges)), number=term.number)


def _holds(term: _Term) -> str:
    return _filled(_HOLDS, any=" OR ".join(term.ranges), number=term.number)


def _by_word(rarest: _Term, others: Sequence[_Term]) -> str:
    holders = " UNION ".join(_holders(rarest.ranges))
    rest = " AND ".join(_is_among(term) for term in others) or "true"
    return _filled(_BY_WORD, holders=holders, number=rarest.number, many=MANY, others=rest)


def _by_age(terms: Sequence[_Term]) -> str:
    return _filled(_BY_AGE, newest=NEWEST, all=" AND ".join(_holds(term) for term in terms))


def _filled(sql: str, **parts: object) -> str:
    for name, part in parts.items():
        sql = sql.replace(f"{{{name}}}", str(part))
    return sql
