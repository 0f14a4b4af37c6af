"""What is installed is what was looked at: every version is locked, with hashes."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from scratch import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
RUNTIME = [Requirement(line) for line in PROJECT["dependencies"]]
DEV = [Requirement(line) for line in PROJECT["optional-dependencies"]["dev"]]
PINNED = re.compile(
    r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)(?: ;[^\\]*)? \\\n((?:    --hash=\S+(?: \\)?\n)+)", re.M
)


def locked(name: str) -> dict[str, str]:
    """Package → version, of those with a hash."""
    text = (ROOT / name).read_text("utf-8")
    return {canonicalize_name(package): version for package, version, _ in PINNED.findall(text)}


@pytest.mark.parametrize(
    ("lock", "wanted"), [("requirements.lock", RUNTIME), ("requirements-dev.lock", [*RUNTIME, *DEV])]
)
def test_every_dependency_is_locked_at_a_version_that_fits(lock: str, wanted: list[Requirement]) -> None:
    versions = locked(lock)
    for requirement in wanted:
        version = versions.get(canonicalize_name(requirement.name))
        assert version, f"{requirement.name} is not in {lock}"
        assert requirement.specifier.contains(version), f"{lock} has {requirement.name} {version}"


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_line_of_a_lock_has_its_hashes(lock: str) -> None:
    lines = (ROOT / lock).read_text("utf-8").splitlines()
    packages = [line for line in lines if line and not line.startswith((" ", "#", "-"))]
    assert len(packages) == len(locked(lock))


def test_tests_run_with_the_versions_that_are_shipped() -> None:
    shipped, tested = locked("requirements.lock"), locked("requirements-dev.lock")
    assert {name: tested.get(name) for name in shipped} == shipped
