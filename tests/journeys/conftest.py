"""Journeys import their harness as `journeys.company`."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _nothing_in_the_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL the state folder is `var/` of the working folder: have that elsewhere."""
    monkeypatch.chdir(tmp_path)
