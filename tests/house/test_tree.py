"""Rules about the tree itself; each name says the rule, each docstring why."""

from __future__ import annotations

import ast
from collections import Counter

from scratch import ROOMS, ROOT
from tree import at, dotted, folders, modules, parsed, texts

LONG = 300
CLOCKS = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "dt.now"),
    *("time.time", "time.time_ns", "time.localtime", "time.gmtime"),
}
# In two parts, so that this page does not find itself.
MACHINES = ["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/", "files.python" + "hosted", "--index" + "-url"]


def test_there_is_no_unknown_folder() -> None:
    """A thing without a room is a thing nobody finds; a new room is a decision."""
    assert folders() <= {*ROOMS, "bench", "docs", "tests", ".ci"}


def test_every_module_says_what_it_is() -> None:
    """A reader looks at the first line to know whether to read on."""
    assert [at(path) for path in modules() if not ast.get_docstring(parsed(path))] == []


def test_no_module_is_long() -> None:
    """A module that does not fit into a head is two."""
    sources = [*modules(), *sorted((ROOT / "sandbox" / "static").glob("*.js"))]
    assert [at(path) for path in sources if len(path.read_text("utf-8").splitlines()) > LONG] == []


def test_one_module_reads_the_time() -> None:
    """The clock is an argument: rules are tested at any hour, and the demo moves it."""
    found = [
        at(path, node)
        for path in modules()
        if path != ROOT / "scheduler" / "clock.py"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and dotted(node) in CLOCKS
    ]
    assert found == []


def test_only_commands_print() -> None:
    """What a service says goes through the logs, where secrets are taken out."""
    found = [
        at(path, node)
        for path in modules()
        if ROOT / "app" / "commands" not in path.parents and path != ROOT / "app" / "__main__.py"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert found == []


def test_one_module_reads_the_environment() -> None:
    """Every setting is checked, named and documented in one place."""
    names = {"environ", "getenv", "environb"}
    found = [
        at(path)
        for path in modules()
        if path != ROOT / "app" / "settings.py"
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.Attribute) and dotted(node).partition("os.")[2] in names)
        or (isinstance(node, ast.ImportFrom) and node.module == "os" and names & {a.name for a in node.names})
    ]
    assert found == []


def test_no_path_or_registry_of_one_machine() -> None:
    """What is written here works on every machine."""
    found = [(at(path), mark) for path, text in texts() for mark in MACHINES if mark in text]
    assert found == []


def test_no_two_test_modules_share_a_name() -> None:
    """pytest imports them by their bare names: the second would hide behind the first."""
    names = Counter(path.name for path in modules("tests") if path.name != "conftest.py")
    assert [name for name, count in names.items() if count > 1] == []


def test_every_sentence_is_said_by_somebody() -> None:
    """A sentence that nobody says is translated, tested and wrong in vain."""
    keys = {
        line.partition(" =")[0]
        for path in (ROOT / "texts" / "en").glob("*.ftl")
        for line in path.read_text("utf-8").splitlines()
        if line[:1].isalpha() and " =" in line
    }
    nodes = [node for path in modules() for node in ast.walk(parsed(path))]
    said = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    begun = {node.values[0] for node in nodes if isinstance(node, ast.JoinedStr) and node.values}
    starts = tuple(
        str(start.value)
        for start in begun
        if isinstance(start, ast.Constant) and str(start.value).endswith("-")
    )
    # bot/views/notices.py finds what is said without a value by itself.
    unsaid = {key for key in keys if key.partition("-without-")[0] not in said and not key.startswith(starts)}
    assert unsaid == set()
