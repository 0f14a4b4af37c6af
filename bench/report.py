"""The table on the screen, and the page with the plot in `docs/`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.figures import HEADINGS, Figure, spelled

_MET = {True: "yes", False: "**no**", None: ""}
_INTRO = """# Benchmarks

`make bench` measures this page, side by side in one run; `make bench PEERS=1` adds the peers. Each figure is
the median of {runs} runs, with the lowest and the highest beside it; ratios are taken run by run and compare
what stood on the same machine in the same minutes, which is all that carries over to another machine.

{machine}

![The figures as bars and lines](benchmarks.png)

How each figure is taken is told in `bench/`, one module a piece:
the load comes from a process of its own over keep-alive connections on loopback, the fake Telegram is another
process, the form has a new person each time, databases are new for each run and commit durably (SQLite: WAL,
synchronous FULL; PostgreSQL: as it comes).

Where the time goes, and what stands in the way of the goals:
[decision 0041](decisions/0041-where-the-time-goes.md).
"""


def table(figures: Sequence[Figure]) -> str:
    """For the screen."""
    wide = max(len(figure.name) for figure in figures)
    lines = []
    for figure in figures:
        ratio = f"{figure.ratio:.2f} × {figure.against}" if figure.ratio is not None else ""
        met = {True: "reached", False: "NOT reached", None: ""}[figure.met]
        goal = f"{figure.goal} {met}".strip()
        spread = f"({spelled(min(figure.runs))}–{spelled(max(figure.runs))})"
        told = f"{spelled(figure.value):>9} {figure.unit:<14}{spread:<20}{goal:<24}{ratio}"
        lines.append(f"{figure.name:{wide}}  {told}".rstrip())
    return "\n".join(lines)


def page(figures: Sequence[Figure], machine: str, runs: int) -> str:
    """For `docs/benchmarks.md`."""
    parts = [_INTRO.format(machine=machine[0].upper() + machine[1:], runs=runs)]
    for piece, heading in HEADINGS.items():
        lines = [_line(figure) for figure in figures if figure.piece == piece]
        if lines:
            parts.append(f"## {heading}\n\n| figure | median | lowest – highest | ratio | goal | reached |")
            parts[-1] += "\n|---|---|---|---|---|---|\n" + "\n".join(lines) + "\n"
    return "\n".join(parts)


def _line(figure: Figure) -> str:
    ratio = f"{figure.ratio:.2f} × {figure.against}" if figure.ratio is not None else ""
    spread = f"{spelled(min(figure.runs))} – {spelled(max(figure.runs))}"
    value = f"{spelled(figure.value)} {figure.unit}"
    return f"| {figure.name} | {value} | {spread} | {ratio} | {figure.goal} | {_MET[figure.met]} |"


def write(folder: Path, figures: Sequence[Figure], machine: str, runs: int) -> None:
    from bench.plot import draw  # noqa: PLC0415  it is slow to import

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "benchmarks.md").write_text(page(figures, machine, runs), "utf-8")
    draw(figures, folder / "benchmarks.png")
