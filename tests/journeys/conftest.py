"""Journeys import their harness as `journeys.company`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _nothing_in_the_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL the state folder is `var/` of the working folder: have that elsewhere."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Callable[..., None]:
    """For the long forms: say what was found, also when all is well."""

    def say(**figures: object) -> None:
        found = " · ".join(f"{name.replace('_', ' ')} {value}" for name, value in figures.items())
        with capsys.disabled():
            sys.stdout.write(f"\n{request.node.name}: {found}\n")

    return say
