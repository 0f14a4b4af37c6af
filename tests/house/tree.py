"""The tree as the house rules look at it: the folder as it lies there, with or without git."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from scratch import ROOMS, ROOT

IGNORED = {"__pycache__", "node_modules"}


def modules(*folders: str) -> list[Path]:
    """Every Python module of these folders; of all rooms unless told."""
    return [path for folder in folders or ROOMS for path in sorted((ROOT / folder).rglob("*.py"))]


def texts() -> Iterator[tuple[Path, str]]:
    """Every text that is shipped, with its path."""
    tops = [path for path in ROOT.iterdir() if not _left_out(path)]
    for path in (one for top in tops for one in ([top] if top.is_file() else sorted(top.rglob("*")))):
        if path.is_file() and not IGNORED & set(path.parts):
            try:
                yield path, path.read_text("utf-8")
            except UnicodeDecodeError:
                continue  # a picture


def folders() -> set[str]:
    """The folders at the top that are not left out of the repository."""
    return {path.name for path in ROOT.iterdir() if path.is_dir() and not _left_out(path)}


def _left_out(path: Path) -> bool:
    names = (ROOT / ".gitignore").read_text("utf-8").split()
    return path.name == ".git" or any(path.match(name.rstrip("/")) for name in names)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def dotted(node: ast.AST) -> str:
    """`datetime.now` of such an expression, else empty."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return ""


def at(path: Path, node: ast.expr | ast.stmt | None = None) -> str:
    where = path.relative_to(ROOT).as_posix()
    return f"{where}:{node.lineno}" if node else where
