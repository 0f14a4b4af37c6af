"""A folder and an environment of its own for each command, and what every command owes: no traceback."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_scene import Command
from click.testing import Result
from typer.testing import CliRunner

from app.__main__ import cli


@pytest.fixture
def quiet_root() -> Iterator[None]:
    """Commands set up logs; the test's own come back."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    hook = sys.excepthook
    yield
    sys.excepthook = hook
    root.handlers[:], root.level = before


@pytest.fixture
def frontdesk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, quiet_root: None) -> Command:
    """Runs a command on a SQLite file of this test; keywords are further settings."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("FRONTDESK_")]:
        monkeypatch.delenv(name)

    def run(*words: str, **settings: str) -> Result:
        given = {f"FRONTDESK_{name.upper()}": value for name, value in settings.items()}
        result = CliRunner().invoke(cli, words, env=given)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert "Traceback" not in result.output
        return result

    return run
