"""Every test can fail: it asserts something, or calls what does."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tree import at, modules, parsed

Function = ast.FunctionDef | ast.AsyncFunctionDef
PROOFS = {"raises", "expect", "fail", "timeout", "wait_for"}  # pytest, Playwright, waiting with an end


def functions() -> Iterator[tuple[str, Function]]:
    for path in modules("tests"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, Function):
                yield at(path, node), node


def called(function: Function) -> set[str]:
    names = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            names.add(
                node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            )
    return names


def proving() -> set[str]:
    """The names of all functions of the tests that can fail: by themselves or by what they call."""
    everything = list(functions())
    found = {function.name for _, function in everything if proves(function, set())}
    while more := {function.name for _, function in everything if proves(function, found)} - found:
        found |= more
    return found


def proves(function: Function, helpers: set[str]) -> bool:
    if any(isinstance(node, ast.Assert) for node in ast.walk(function)):
        return True
    return bool(called(function) & (PROOFS | helpers))


def test_every_test_can_fail() -> None:
    helpers = {name for name in proving() if not name.startswith("test_")}
    tests = [(where, one) for where, one in functions() if one.name.startswith("test_")]
    assert len(tests) > 100
    assert [where for where, one in tests if not proves(one, helpers)] == []


def test_an_idle_test_would_be_found() -> None:
    idle, busy = ast.parse("def test_a(): make()\ndef test_b(): check_all()").body
    assert isinstance(idle, ast.FunctionDef)
    assert isinstance(busy, ast.FunctionDef)
    assert not proves(idle, {"check_all"})
    assert proves(busy, {"check_all"})
