"""Follows docs/adding-a-channel.md mechanically: its files, its commands, and no existing file touched."""

import re
import shlex
from pathlib import Path

from scratch import ROOT, Scratch

BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.M | re.S)


def blocks() -> list[tuple[str, str, str]]:
    """(language, file name or empty, text) of each block, in their order."""
    found = BLOCK.findall((ROOT / "docs" / "adding-a-channel.md").read_text("utf-8"))
    return [(language, name, text) for language, name, text in found]


def follow(scratch: Scratch) -> dict[str, str]:
    """Do what the page says; gives the output of each command."""
    outputs = {}
    for language, name, text in blocks():
        if name:
            path = scratch.root / name
            assert not path.exists(), f"the page edits {name}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        elif language == "sh":
            for line in text.splitlines():
                outputs[line] = shell(scratch, line)
    return outputs


def shell(scratch: Scratch, line: str) -> str:
    command, *arguments = shlex.split(line)
    if command == "rm":
        (scratch.root / arguments[0]).unlink()
        return ""
    done = scratch.run(command, *arguments)
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


def tree(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_the_page_followed_word_by_word_makes_a_passing_channel(scratch: Scratch) -> None:
    before = tree(scratch.root)
    outputs = follow(scratch)
    after = tree(scratch.root)
    assert {name: after.get(name) for name in before} == before, "an existing file was edited"
    ours = {
        name for name in after.keys() - before.keys() if "cache" not in name and ".hypothesis" not in name
    }
    assert {name.split("/")[1] for name in ours} == {"pigeon"}
    (tests,) = (text for line, text in outputs.items() if line.startswith("pytest"))
    passed = re.search(r"(\d+) passed", tests)
    assert passed
    assert int(passed[1]) >= 25, tests
    assert "failed" not in tests
