"""What the accepting process has in memory: slow and large libraries stay out until somebody needs them."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from app.importing import imported

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


async def test_the_collector_rests_during_an_import_and_spares_what_it_brought(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = "import gc\nat_work = gc.isenabled()\nkept = [[] for _ in range(99)]\n"
    (tmp_path / "large_library.py").write_text(program)
    monkeypatch.syspath_prepend(str(tmp_path))
    library = await imported("large_library")
    assert not library.at_work
    assert gc.isenabled()
    assert not any(found is library.kept for found in gc.get_objects())
    gc.unfreeze()


async def test_an_import_that_fails_lets_the_collector_work_again() -> None:
    with pytest.raises(ModuleNotFoundError):
        await imported("no_such_library")
    assert gc.isenabled()
    gc.unfreeze()
