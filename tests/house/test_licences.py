"""What the product stands on may be used by everybody: nothing under the GPL or AGPL alone (D1)."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

LOCK = Path(__file__).parents[2] / "requirements.lock"
# LGPL and MPL bind only changes of the library itself. A licence with "or" leaves the choice.
GPL = re.compile(r"(?<![L])A?GPL|(?<!Lesser )General Public Licen[sc]e|Affero", re.IGNORECASE)
LESSER = re.compile(r"LGPL|Lesser|Library General", re.IGNORECASE)


def names() -> list[str]:
    return re.findall(r"^([A-Za-z0-9._-]+)==", LOCK.read_text(), re.MULTILINE)


def said(name: str) -> list[str]:
    """What a package says of its licence: expression, classifiers, and the field for free text."""
    about = metadata.metadata(name)
    lines = [about.get("License-Expression") or "", *(about.get_all("Classifier") or [])]
    found = [line for line in lines if line and ("License ::" in line or "::" not in line)]
    return found or [(about.get("License") or "").strip().partition("\n")[0]]


def binding(licences: list[str]) -> bool:
    """Whether all that is offered would bind us."""
    offers = [offer for line in licences for offer in re.split(r"\bOR\b", line) if offer.strip()]
    return all(GPL.search(offer) and not LESSER.search(offer) for offer in offers)


def test_nothing_we_import_is_under_the_gpl_alone() -> None:
    installed = {name.lower().replace("_", "-") for one in metadata.distributions() if (name := one.name)}
    here = [name for name in names() if name.lower().replace("_", "-") in installed]
    assert len(here) > 20  # others are for other systems
    assert [name for name in here if not any(said(name))] == [], "what says nothing must be looked at"
    assert [(name, said(name)) for name in here if binding(said(name))] == []


def test_the_rule_bites() -> None:
    assert binding(["GPL-3.0-only"])
    assert binding(["License :: OSI Approved :: GNU Affero General Public License v3"])
    assert not binding(["GPL-2.0-only OR MIT"])
    assert not binding(["License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)"])
    assert not binding(["MPL-2.0"])
