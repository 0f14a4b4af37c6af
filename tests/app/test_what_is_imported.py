"""What the accepting process has in memory: slow and large libraries stay out until somebody needs them."""

import subprocess
import sys

import pytest

ALL_THAT_LISTENS = (
    "import app.commands.service, app.wiring; from channels.kit import discover; discover.channels()"
)


def loaded(program: str) -> set[str]:
    """The modules that a fresh interpreter has after the program."""
    words = [sys.executable, "-c", f"{program}; import sys; print(*sys.modules)"]
    return set(subprocess.run(words, check=True, capture_output=True, text=True).stdout.split())


@pytest.mark.parametrize("library", ["aiogram", "dateparser", "sandbox"])
def test_listening_needs_no_library_of_the_desk(library: str) -> None:
    assert library not in loaded(ALL_THAT_LISTENS)
