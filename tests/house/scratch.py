"""A scratch copy of the tree, in which a test may add and break things."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("app", "leads", "texts", "channels", "storage", "bot", "scheduler", "sandbox")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "static", "*.png")


@dataclass(frozen=True, slots=True)
class Scratch:
    """A copy of the rooms, the configuration and the channels' tests."""

    root: Path

    def run(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a tool of this environment on the copy; the copy's modules win over the installed ones."""
        tool = Path(sys.executable).with_name(command)
        environment = {**os.environ, "PYTHONPATH": str(self.root), "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(
            [str(tool), *arguments],
            cwd=self.root,
            env=environment,
            text=True,
            capture_output=True,
            timeout=100,
            check=False,
        )

    def pytest(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("pytest", "-p", "no:cacheprovider", "--tb=line", *arguments)

    def change(self, file: str, old: str, new: str) -> None:
        """Replace a text that must be there."""
        path = self.root / file
        text = path.read_text("utf-8")
        assert old in text, f"{file} no longer holds {old!r}: break something else"
        path.write_text(text.replace(old, new), "utf-8")


def copy_to(root: Path) -> Scratch:
    for room in ROOMS:
        shutil.copytree(ROOT / room, root / room, ignore=LEFT_OUT)
    shutil.copytree(ROOT / "tests" / "channels", root / "tests" / "channels", ignore=LEFT_OUT)
    shutil.copy(ROOT / "pyproject.toml", root)
    return Scratch(root)
