"""The catalogues hold the same sentences with the same values, and none is broken."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fluent.syntax import FluentParser
from fluent.syntax.ast import Identifier, Junk, Message, SelectExpression, VariableReference
from fluent.syntax.visitor import Visitor

import texts
from texts import LANGUAGES

HOUSE = Path(texts.__file__).parent.parent
PLURALS = {"en": {"one", "other"}, "ru": {"one", "few", "other"}}


class Variables(Visitor):
    def __init__(self) -> None:
        self.names: set[str] = set()
        self.plurals: list[set[str]] = []

    def visit_VariableReference(self, node: VariableReference) -> None:  # noqa: N802
        self.names.add(node.id.name)

    def visit_SelectExpression(self, node: SelectExpression) -> None:  # noqa: N802
        keys = [variant.key for variant in node.variants]
        self.plurals.append({key.name for key in keys if isinstance(key, Identifier)})
        self.generic_visit(node)


def files(language: str) -> list[Path]:
    return sorted((HOUSE / "texts" / language).glob("*.ftl"))


def sentences(language: str) -> dict[str, Variables]:
    found: dict[str, Variables] = {}
    for path in files(language):
        for entry in FluentParser().parse(path.read_text(encoding="utf-8")).body:
            assert not isinstance(entry, Junk), f"{path}: {entry.content}"
            if isinstance(entry, Message):
                assert entry.id.name not in found, f"{entry.id.name} stands twice in {language}"
                found[entry.id.name] = Variables()
                found[entry.id.name].visit(entry)
    return found


ENGLISH = sentences("en")


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_language_says_the_same_sentences_with_the_same_values(language: str) -> None:
    other = sentences(language)
    assert other.keys() == ENGLISH.keys()
    for key, variables in ENGLISH.items():
        assert other[key].names == variables.names, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_plurals_have_all_the_forms_of_the_language(language: str) -> None:
    selects = [forms for each in sentences(language).values() for forms in each.plurals]
    plurals = [forms for forms in selects if "one" in forms]
    assert plurals
    assert all(forms >= PLURALS[language] for forms in plurals)


def families() -> set[str]:
    return {key.partition("-")[0] for key in ENGLISH}


def spoken(room: str) -> Iterator[tuple[str, str]]:
    """Every string of a room's code that looks like the key of a sentence: words joined by dashes."""
    for path in (HOUSE / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and re.fullmatch(r"[a-z]+-[a-z0-9_-]*[a-z0-9]", text):
                yield path.name, text


@pytest.mark.parametrize("room", ["bot", "leads", "texts"])
def test_every_sentence_that_the_code_says_exists(room: str) -> None:
    missing = {(file, key) for file, key in spoken(room) if key not in ENGLISH}
    assert not {(file, key) for file, key in missing if key.partition("-")[0] in families()}
