"""A template's body: how much is missing in it, and how it reads when that is filled in."""

from __future__ import annotations

import hashlib
import re

from leads.events import Template
from leads.model import Data

_BLANK = re.compile(r"\{\{\s*(\d{1,2})\s*\}\}")


def blanks(template: Template) -> int:
    """How many parameters the body asks for."""
    return max((int(number) for number in _BLANK.findall(template.body)), default=0)


def template_of(kept: Data) -> Template:
    """What was kept as plain JSON."""
    return Template(kept["name"], kept["language"], kept["body"], tuple(kept["params"]))


def filled(template: Template) -> str:
    """The body as the customer reads it; a parameter that is not given keeps its place."""

    def given(found: re.Match[str]) -> str:
        number = int(found[1])
        return template.params[number - 1] if 0 < number <= len(template.params) else found[0]

    return _BLANK.sub(given, template.body)


def key_of(template: Template) -> str:
    """A short name for a button: the vendor's own may be as long as they like."""
    return hashlib.sha256(f"{template.name}\n{template.language}".encode()).hexdigest()[:12]
